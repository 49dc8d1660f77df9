"""`whence candles`: candle files, fetched from an exchange, and what one contains before anything is traded on it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from infra.cli.fetching import fetch
from infra.cli.options import JsonOption
from infra.cli.publishing import publish
from infra.cli.rebuilding_candles import rebuild

if TYPE_CHECKING:
    from adapters.tapes import Recording

candles_app = typer.Typer(
    name="candles", no_args_is_help=True, help="Fetches candle files, and shows what they contain."
)

Report = Mapping[str, object]

_REFUSED = 1
"""The exit code where at least one file is refused."""


@candles_app.callback()
def candles() -> None:
    """Fetches candle files, and shows what they contain before a run."""


candles_app.command()(fetch)
candles_app.command()(publish)
candles_app.command()(rebuild)


@candles_app.command()
def check(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Candle files, of any known format.")
    ],
    symbol: Annotated[
        list[str] | None, typer.Option(help="Symbol of each file, in order, where file names lack it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Reads files as `whence paper` does and prints what it sees; exit code 1 if a file is refused."""
    from domain.errors import InvalidInput

    if symbol and len(symbol) != len(files):
        raise InvalidInput(
            f"{len(files)} files were given with {len(symbol)} symbols: give one for each, in order"
        )
    named: Sequence[str | None] = symbol or [None] * len(files)
    reports = [_report(file, given) for file, given in zip(files, named, strict=True)]
    if as_json:
        typer.echo(json.dumps(reports, indent=2))
    else:
        _show(reports)
    if any("refused" in report for report in reports):
        raise typer.Exit(_REFUSED)


def _report(file: Path, symbol: str | None) -> Report:
    from datetime import UTC, datetime

    from adapters.tapes import read_recording
    from domain.errors import InvalidInput, InvalidTape

    try:
        recording = read_recording(file, symbol=symbol, now=datetime.now(UTC))
    except InvalidTape as error:
        return {"file": str(file), "refused": error.fault, "row": error.row}
    except InvalidInput as error:
        return {"file": str(file), "refused": str(error), "row": None}
    return {"file": str(file), **_seen(recording)}


def _seen(recording: Recording) -> Report:
    from adapters.avro import iso
    from domain.candle import interval_name

    tape, funding = recording.tape, recording.funding
    return {
        "format": recording.form,
        "packing": recording.packing or None,
        "instrument": tape.instrument,
        "interval": interval_name(tape.interval),
        "rows": recording.rows,
        "candles": len(tape.candles),
        "from": iso(tape.candles[0].open_time),
        "to": iso(tape.candles[-1].close_time),
        "gaps": len(tape.gaps),
        "missing": sum(gap.missing for gap in tape.gaps),
        "repeats": len(recording.repeats),
        "unconfirmed": len(recording.unconfirmed),
        "unfinished": recording.unfinished,
        "volume_is_zero": recording.silent,
        "funding_rates": 0 if funding is None else funding.rates,
        "funding_repeats": funding is not None and funding.carried,
        "notes": list(tape.notes),
    }


def _show(reports: Sequence[Report]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    for report in reports:
        table = Table(show_header=False, box=None, pad_edge=False, title_justify="left")
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for name, text in _lines(report):
            table.add_row(name, text)
        console.print(str(report["file"]), style="bold", markup=False, soft_wrap=True)
        console.print(table)


def _lines(report: Report) -> Iterator[tuple[str, str]]:
    """The names and texts of a report for people, without what is zero or absent."""
    from rich.markup import escape

    if "refused" in report:
        row = report["row"]
        yield "  refused", escape(f"{'' if row is None else f'row {row}: '}{report['refused']}")
        return
    packing = report["packing"]
    yield "  format", f"{report['format']}{f', in {packing}' if packing else ''}"
    yield "  symbol", f"{report['instrument']}"
    yield "  interval", f"{report['interval']}"
    yield "  rows", f"{report['rows']:,}, of which {report['candles']:,} candles are played"
    yield "  period", f"{report['from']} to {report['to']}"
    for name, sentence in _COUNTS.items():
        if count := report[name]:
            yield f"  {name}", sentence.format(count)
    yield from _figure_lines(report)
    for note in cast("list[str]", report["notes"]):
        yield "  note", escape(note)


_COUNTS = {
    "gaps": "{:,}",
    "missing": "candles: {:,}",
    "repeats": "rows read once: {:,}",
    "unconfirmed": "rows left out: {:,}",
    "unfinished": "candles left out: {:,}",
}


def _figure_lines(report: Report) -> Iterator[tuple[str, str]]:
    if report["volume_is_zero"]:
        yield "  volume", "0 in every candle"
    if report["funding_rates"]:
        repeats = ", repeated on candles without a settlement" if report["funding_repeats"] else ""
        yield "  funding", f"{report['funding_rates']:,} rates{repeats}"
