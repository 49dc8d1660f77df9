"""`whence reconcile`: compares a log with the account at the exchange, and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

import typer

from domain.plain_text import counted
from infra.cli.exchange_options import DemoOption, ExchangeOption, SecretsOption, TestnetOption
from infra.cli.options import AccountOption, AddressOption, ConfigOption, JsonOption, LiveLogOption

if TYPE_CHECKING:
    from domain.reconciliation import DiscrepancyFound
    from domain.reconciliation.differences import Difference

_DIFFERS = 1
"""The exit code where log and exchange differ."""
_PERSON = "a person"
_UNNAMED = "look at the account; then resolve"
_BY_THE_ENGINE = "the engine of the log takes it in at its next comparison"


def reconcile(
    exchange: ExchangeOption = "bybit",
    testnet: TestnetOption = False,
    demo: DemoOption = False,
    address: AddressOption = None,
    secrets: SecretsOption = None,
    log: LiveLogOption = None,
    account: AccountOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prints every difference between a live log and the exchange; exit code 1 where there is one.

    Orders that others have amended are printed until a person resolves that, although the log has their terms by then.
    It reads only, also while an engine trades; that engine takes in what it finds at its next comparison.
    """
    from adapters.log.address import parse_address
    from infra.config import load
    from infra.run.connecting import connected, keys_of
    from infra.run.live_comparison import compared, folded
    from infra.run.place import Place

    settings = load(log=log, account=account, secrets=secrets, config=config)
    parse_address(settings.log)
    place = Place(exchange.lower(), testnet=testnet, demo=demo, address=address or "")
    credentials = keys_of(place, settings.secrets)
    state = folded(settings)
    venue = connected(credentials, place, state.placed, lambda: None)
    with closing(venue):
        found = compared(state, venue)
    rows = [*(row_of(one, venue.exchange.venue) for one in found), *map(row_of_amended, state.amended)]
    print_differences(rows, as_json=as_json)
    if rows:
        raise typer.Exit(_DIFFERS)


def row_of(difference: Difference, venue: str) -> Mapping[str, str]:
    """The difference with its id and what resolves it; `steps` is empty where the engine does."""
    from datetime import UTC, datetime

    from commands.by_a_person import BY_A_PERSON
    from commands.reconciliation import recorded
    from commands.remedies import remedy

    cure = remedy(difference, venue, datetime.now(UTC))
    steps = BY_A_PERSON.get(type(difference), _UNNAMED) if cure is None else ""
    return {
        "id": recorded(difference).discrepancy_id,
        "kind": type(difference).__name__,
        "subject": difference.subject,
        "found": difference.found,
        "remedy": _PERSON if cure is None else type(cure).__name__,
        "steps": str(steps),
    }


def row_of_amended(found: DiscrepancyFound) -> Mapping[str, str]:
    """The unresolved discrepancy of an order that others have amended, as `row_of` has it."""
    from commands.by_a_person import BY_A_PERSON
    from domain.reconciliation.differences import OrderAmendedOutside

    kind, _, text = found.found.partition(": ")
    return {
        "id": found.discrepancy_id,
        "kind": kind,
        "subject": found.subject,
        "found": text,
        "remedy": _PERSON,
        "steps": str(BY_A_PERSON[OrderAmendedOutside]),
    }


def print_differences(rows: Sequence[Mapping[str, str]], *, as_json: bool = False) -> None:
    """Prints each row over several lines, so that its id and subject can be copied; or all of them as JSON."""
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    if not rows:
        typer.echo("the log and the exchange are equal")
        return
    for row in rows:
        by_engine = f"{_BY_THE_ENGINE} ({row['remedy']})"
        cure = f"{row['steps']} (docs/live.md)" if row["remedy"] == _PERSON else by_engine
        typer.echo(f"{row['id']}\n  {row['found']}\n  subject: {row['subject']}\n  remedy:  {cure}")
    typer.echo(counted(len(rows), "difference"))
