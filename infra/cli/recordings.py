"""`whence recordings`: what a recording of a market has, and its rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.options import ConfigOption, JsonOption

if TYPE_CHECKING:
    from adapters.market_recordings.row import MarketRow
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
"""The exit code where a book has a gap that no notice declares, or the recording a fault."""


@recordings_app.callback()
def recordings() -> None:
    """Checks a recording of a market, and prints its rows."""


@recordings_app.command()
def check(
    place: Annotated[
        str,
        typer.Argument(
            metavar="FOLDER|kafka://…",
            help="A folder that `whence record` wrote, or the log beside its topic.",
        ),
    ],
    named: NamedOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replays the books and prints what each instrument has.

    The exit code is 1 for a gap that is not declared, for files that are missing or were changed, and for an instrument
    that two recorders have at the same time.
    """
    from infra.cli.recording_options import KAFKA
    from infra.recording.check import checked, shown

    faults: list[str] = []
    if place.startswith(KAFKA):
        found = checked(_of_topic(place, config, faults)(_ids(named)))
    else:
        read = _of_folder(Path(place))
        faults += _faults_of_folder(Path(place), _ids(named))
        found = _replayed(lambda: checked(read(_ids(named))), faults)
    if as_json:
        typer.echo(json.dumps({"instruments": [shown(one) for one in found], "faults": faults}, indent=2))
    else:
        lines = _lines(found) if found or not faults else ()
        for line in (*lines, *(f"fault: {one}" for one in faults)):
            typer.echo(line)
    if faults or any(one.undeclared for one in found):
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


@recordings_app.command()
def relist(folder: FolderArgument) -> None:
    """Writes the manifest anew from the sealed files, after files were moved or the manifest was lost.

    The rows of every file are read. A file whose rows are not those that were sealed is refused, and the manifest stays
    as it is. No recorder may write to the folder meanwhile.
    """
    from adapters.extras import FILES, check_extras
    from adapters.market_recordings.relisting import relist as relisted
    from domain.plain_text import counted

    check_extras("`whence recordings`", FILES)
    found = relisted(folder)
    for word, files in (("listed anew", found.added), ("listed no more", found.removed)):
        for file in files:
            typer.echo(f"{word}: {file}")
    typer.echo(f"the manifest of {folder} lists {counted(found.listed, 'file')}")


def _replayed(replay: Callable[[], list[Checked]], faults: list[str]) -> list[Checked]:
    """What the replay finds; nothing where it cannot read a file and the faults state why, which then get one more."""
    from domain.errors import InvalidInput

    try:
        return replay()
    except InvalidInput:
        if not faults:
            raise
        faults.append("the books were not replayed, because a file cannot be read")
        return []


_Read = Callable[[set[str] | None], "Iterator[MarketRow]"]
"""Reads the rows of these instruments, of all where None."""


def _of_folder(folder: Path) -> _Read:
    from adapters.extras import FILES, check_extras
    from adapters.market_recordings.reader import Wanted, read

    check_extras("`whence recordings`", FILES)
    return lambda ids: read(folder, Wanted(instruments=ids))


def _faults_of_folder(folder: Path, ids: set[str] | None) -> Sequence[str]:
    from infra.recording.check import folder_faults

    return folder_faults(folder, ids)


def _of_topic(address: str, config: Path | None, faults: list[str]) -> _Read:
    """The rows of the topic beside this log. `faults` gets what of it is not read."""
    from adapters.market_recordings.reader import Wanted
    from adapters.market_topic.reader import MarketReader
    from infra.config import load
    from infra.logs import keys_of
    from infra.recording.topic import market_topic

    settings = load(log=address, config=config)
    reader = MarketReader(market_topic(settings), faults.append, keys_of(settings))
    return lambda ids: reader.read(Wanted(instruments=ids))


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
        yield f"{one.instrument}: {_time(one.first_ns)} to {_time(one.last_ns)} UTC"
        yield f"  {in_words(one.counts)}"
        yield f"  gaps: {one.declared} declared, {one.undeclared} not; {_book(one)}"


def _book(one: Checked) -> str:
    if "books" not in one.counts:
        return (
            "no message of its book was received: check its name, the network and --address of the recorder"
        )
    if one.is_known:
        return "the book is known at the end, {} and {} levels".format(*one.levels)
    return "the book is not known at the end"


def _time(at_ns: int) -> str:
    from datetime import UTC

    return f"{datetime.fromtimestamp(at_ns / 1e9, UTC):%Y-%m-%d %H:%M:%S}"
