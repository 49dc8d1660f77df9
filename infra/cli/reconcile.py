"""`whence reconcile`: compares a log with the account at the exchange, and changes nothing."""

from __future__ import annotations

import json
from contextlib import closing

import typer

from infra.cli.exchange_options import DemoOption, ExchangeOption, SecretsOption, TestnetOption
from infra.cli.options import AccountOption, AddressOption, ConfigOption, JsonOption, LiveLogOption

_DIFFERS = 1
"""The exit code where log and exchange differ, and where a discrepancy of the log is open."""


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
    """Prints every difference between a live log and the exchange, and every open discrepancy of the log.

    Exit code 1 where there is one that nobody has accepted; 0 where a person has resolved all that still differ.
    It reads only, also while an engine trades; that engine takes in what it finds at its next comparison.
    """
    from adapters.log.address import parse_address
    from infra.cli.difference_rows import Status, lines, rows
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
    listed = rows(found, state.discrepancies, venue.exchange.venue)
    if as_json:
        typer.echo(json.dumps(listed, indent=2))
    else:
        typer.echo("\n".join(lines(listed)))
    if any(row["status"] != Status.ACCEPTED for row in listed):
        raise typer.Exit(_DIFFERS)
