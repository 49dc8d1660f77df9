"""`whence instruments`: the real trading rules of instruments, fetched or imported from saved responses."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InvalidInput
from domain.plain_text import counted
from infra.cli.options import AddressOption, ConfigOption, JsonOption, RulesOption

if TYPE_CHECKING:
    from adapters.instruments import Imported
    from domain.catalogue import Listing

_NAMED = 3
"""The number of left-out symbols that are named for each reason."""

instruments_app = typer.Typer(
    name="instruments",
    no_args_is_help=True,
    help="Fetches, imports and lists the real trading rules of instruments: tick, lot, least order.",
)


@instruments_app.command(name="import")
def import_(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Saved responses: Bybit's v5 instruments-info, Binance's exchangeInfo, or the markets of ccxt.",
        ),
    ],
    venue: Annotated[
        str,
        typer.Option(metavar="NAME", help="Exchange of a ccxt dump, which does not name it: OKX, KRAKEN."),
    ] = "",
    instruments: RulesOption = None,
    config: ConfigOption = None,
) -> None:
    """Imports the rules of every usable instrument; `whence paper` uses them for new logs.

    Rules that were imported before are replaced where a file holds the same instrument, and kept otherwise.
    """
    from adapters.instruments import read_response

    _keep(_place(instruments, config), {str(file): read_response(file, venue) for file in files})


@instruments_app.command()
def update(
    exchange: Annotated[str, typer.Option(metavar="NAME", help="An exchange that ccxt knows.")] = "bybit",
    address: AddressOption = None,
    instruments: RulesOption = None,
    config: ConfigOption = None,
) -> None:
    """Fetches the rules that an exchange states now, and imports them as `whence instruments import` does.

    Needs the extra `exchanges`.
    """
    from datetime import UTC, datetime

    from adapters.extras import EXCHANGES, check_extras

    check_extras("`whence instruments update`", EXCHANGES)
    from adapters.history import rules_of
    from adapters.instruments import imported

    place = _place(instruments, config)
    _held(place)
    document = rules_of(exchange, address)
    _keep(place, {exchange: imported(document, exchange, exchange.upper(), datetime.now(UTC))})


@instruments_app.command(name="list")
def list_(
    symbol: Annotated[str | None, typer.Argument(help="Only instruments with this text in their id.")] = None,
    instruments: RulesOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lists the imported and the built-in rules with their source; imported ones replace built-in ones."""
    from adapters.avro import to_json
    from domain.catalogue import known
    from infra.cli.output import readers_may_leave
    from infra.cli.rules import imported_rules
    from infra.config import load

    built_in = {listing.instrument.id: listing for listing in known()}
    held = {**built_in, **imported_rules(load(instruments=instruments, config=config))}
    chosen = [listing for name, listing in held.items() if symbol is None or symbol.upper() in name]
    with readers_may_leave():
        if as_json:
            typer.echo(json.dumps([to_json(listing) for listing in chosen], indent=2))
        else:
            for listing in chosen:
                typer.echo(_line(listing))
            if not chosen:
                typer.echo(_not_listed(symbol or ""), err=True)


def _not_listed(symbol: str) -> str:
    return (
        f"no imported or built-in instrument has {symbol!r} in its id; a run on candles guesses the rules of such an "
        "instrument, or import them: `whence instruments import --help`"
    )


def _keep(place: Path, found: Mapping[str, Imported]) -> None:
    """Adds what was read to the catalogue, and prints what each source contained."""
    from adapters.instruments import write_catalogue

    held = _held(place)
    for source, one in found.items():
        held |= {listing.instrument.id: listing for listing in one.listings}
        for line in _report(source, one):
            typer.echo(line)
    write_catalogue(place, held.values())
    typer.echo(f"{place} holds {counted(len(held), 'instrument')} now.")


def _held(place: Path) -> dict[str, Listing]:
    """The rules that the catalogue holds; none where it does not exist. Raises InvalidInput for any other file."""
    from adapters.instruments import read_catalogue

    try:
        place.stat()
    except FileNotFoundError as error:
        if place.parent.is_dir():
            return {}
        raise InvalidInput(f"{str(place)[:200]} cannot be written: its folder does not exist") from error
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{str(place)[:200]} cannot be read: {error}"[:400]) from error
    return dict(read_catalogue(place))


def _place(instruments: Path | None, config: Path | None) -> Path:
    from infra.config import DEFAULT_INSTRUMENTS, load

    return load(instruments=instruments, config=config).instruments or DEFAULT_INSTRUMENTS


def _report(source: str, imported: Imported) -> Iterator[str]:
    origins = [one.origin for one in imported.listings if one.origin is not None]
    as_of = origins[0].as_of
    dated = f", as of {as_of:%Y-%m-%d %H:%M} UTC" if as_of else ""
    for name, number in Counter(one.source for one in origins).items():
        yield f"{source}: {counted(number, 'instrument')} of {name}{dated}"
    for reason, symbols in _by_reason(imported).items():
        more = f" and {len(symbols) - _NAMED} more" if len(symbols) > _NAMED else ""
        yield f"  left out: {', '.join(symbols[:_NAMED])}{more}: {reason}"
    for note in imported.notes:
        yield f"  note: {note}"


def _by_reason(imported: Imported) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for left_out in imported.left_out:
        found[left_out.reason].append(left_out.symbol)
    return found


def _line(listing: Listing) -> str:
    rules, origin = listing.instrument, listing.origin
    dated = f", {origin.as_of:%Y-%m-%d}" if origin and origin.as_of else ""
    return (
        f"{rules.id}  tick {rules.tick:f}  lot {rules.lot:f}  orders {rules.min_quantity:f} to {rules.max_quantity:f} "
        f"{rules.base}, from {rules.min_notional:f} {rules.quote}  ({origin.source if origin else ''}{dated})"
    )
