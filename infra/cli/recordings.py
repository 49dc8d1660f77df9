"""`whence recordings`: what a recording of a market has, and its rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.options import JsonOption

if TYPE_CHECKING:
    from infra.recording.check import Checked

recordings_app = typer.Typer(
    name="recordings", no_args_is_help=True, help="Checks a recording of a market, and prints its rows."
)

FolderArgument = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="A folder that `whence record` wrote.")
]
NamedOption = Annotated[
    list[str] | None,
    typer.Option("--instruments", metavar="ID", help="Ids of instruments; all by default; repeatable."),
]
_FAULTY = 1
"""The exit code where a book has a gap that no notice declares."""


@recordings_app.callback()
def recordings() -> None:
    """Checks a recording of a market, and prints its rows."""


@recordings_app.command()
def check(folder: FolderArgument, named: NamedOption = None, as_json: JsonOption = False) -> None:
    """Replays the books and prints what each instrument has; exit code 1 for a gap that is not declared."""
    from adapters.extras import FILES, check_extras
    from adapters.market_recordings.reader import Wanted, read
    from infra.recording.check import checked, shown

    check_extras("`whence recordings`", FILES)
    found = checked(read(folder, Wanted(instruments=_ids(named))))
    if as_json:
        typer.echo(json.dumps([shown(one) for one in found], indent=2))
    else:
        for line in _lines(found):
            typer.echo(line)
    if any(one.undeclared for one in found):
        raise typer.Exit(_FAULTY)


@recordings_app.command()
def rows(
    folder: FolderArgument,
    named: NamedOption = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="KIND", help="books, trades, quotes, candles, notices; repeatable."),
    ] = None,
    begin: Annotated[
        datetime | None, typer.Option("--from", help="Rows that arrived from this time on (UTC).")
    ] = None,
    end: Annotated[
        datetime | None, typer.Option("--to", help="Rows that arrived before this time (UTC).")
    ] = None,
) -> None:
    """Prints rows in order of arrival, each as a line of JSON."""
    import msgspec

    from adapters.extras import FILES, check_extras
    from adapters.market_recordings.kind import KINDS
    from adapters.market_recordings.reader import Wanted, read
    from domain.errors import InvalidInput
    from infra.cli.output import readers_may_leave

    check_extras("`whence recordings`", FILES)
    unknown = [one for one in kinds or () if one not in KINDS]
    if unknown:
        raise InvalidInput(f"--kind {unknown[0][:40]!r} is none of {', '.join(KINDS)}")
    wanted = Wanted(_ids(named), kinds or None)
    if begin is not None:
        wanted = wanted._replace(begin=_ns(begin))
    if end is not None:
        wanted = wanted._replace(end=_ns(end))
    with readers_may_leave():
        for row in read(folder, wanted):
            typer.echo(msgspec.json.encode(row))


def _ids(named: Sequence[str] | None) -> set[str] | None:
    """The ids that the option names. Raises InvalidInput for what is none."""
    from domain.instrument import check_instrument_id

    if not named:
        return None
    ids = {one.strip().upper() for text in named for one in text.split(",")}
    for one in sorted(ids):
        check_instrument_id(one)
    return ids


def _ns(time: datetime) -> int:
    from datetime import UTC, timedelta

    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return (time.replace(tzinfo=UTC) - epoch) // timedelta(microseconds=1) * 1_000


def _lines(found: Sequence[Checked]) -> Iterator[str]:
    from infra.recording.recording import in_words

    if not found:
        yield "the recording has no rows"
    for one in found:
        end = (
            "known at the end, {} and {} levels".format(*one.levels)
            if one.is_known
            else "not known at the end"
        )
        yield f"{one.instrument}: {_time(one.first_ns)} to {_time(one.last_ns)} UTC"
        yield f"  {in_words(one.counts)}"
        yield f"  gaps: {one.declared} declared, {one.undeclared} not; the book is {end}"


def _time(at_ns: int) -> str:
    from datetime import UTC

    return f"{datetime.fromtimestamp(at_ns / 1e9, UTC):%Y-%m-%d %H:%M:%S}"
