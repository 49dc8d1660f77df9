"""`whence export`: the journal and the trades as files for spreadsheets and programs."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.exports.form import Form
from infra.cli.options import ConfigOption, LogOption, whole

if TYPE_CHECKING:
    from adapters.log.recorder_log import RecordedLog
    from projections.reports.period import Period

export_app = typer.Typer(
    name="export",
    no_args_is_help=True,
    help="Writes the journal or the trades as CSV, JSON lines or Parquet.",
)

FormatOption = Annotated[
    Form, typer.Option("--format", help="Amounts keep every digit: text, or decimal128 in Parquet.")
]
FromOption = Annotated[
    str | None, typer.Option("--from", metavar="DAY", help="From this day (UTC) on, as 2025-06-30.")
]
ToOption = Annotated[str | None, typer.Option("--to", metavar="DAY", help="Up to this day, included.")]
AccountOption = Annotated[
    str, typer.Option("--account", help="This account; default: all in the journal, the only one of trades.")
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="PATH", help="The file, or a folder for it; default: the current folder."),
]
UptoOption = Annotated[
    int | None,
    typer.Option("--upto", parser=whole(1), metavar="N", help="Of the log as it was at the event N."),
]


@export_app.command()
def journal(
    form: FormatOption = Form.CSV,
    log: LogOption = None,
    first: FromOption = None,
    last: ToOption = None,
    account: AccountOption = "",
    out: OutOption = None,
    upto: UptoOption = None,
    config: ConfigOption = None,
) -> None:
    """Writes every event, one row each: when, who, its sentence, its cause, and its fields as JSON."""
    from adapters.exports.forms import check_form, export
    from infra.reports import sheets
    from infra.reports.place import joined, place_of
    from infra.reports.report import kind_of, read_upto

    check_form(form)
    period = _period(first, last)
    with _reader(log, config) as reader:
        end = read_upto(reader, upto)
        name = joined("journal", kind_of(reader), account, period.first, period.last)
        place = place_of(name, form, out)
        export(sheets.journal(reader, account, period, end), form, place)
    typer.echo(place)


@export_app.command()
def trades(
    form: FormatOption = Form.CSV,
    log: LogOption = None,
    first: FromOption = None,
    last: ToOption = None,
    account: AccountOption = "",
    out: OutOption = None,
    upto: UptoOption = None,
    config: ConfigOption = None,
) -> None:
    """Writes every closed position, one row each, as GraphQL's `positions` has it."""
    from adapters.exports.forms import check_form, export
    from infra.reports import sheets
    from infra.reports.place import name_of, place_of
    from infra.reports.report import Request, kind_of, read_book, read_upto

    check_form(form)
    request = Request(_period(first, last), account, upto=upto)
    with _reader(log, config) as reader:
        _, found = read_book(reader, request, read_upto(reader, upto))
        place = place_of(name_of("trades", kind_of(reader), found), form, out)
    export(sheets.trades(found), form, place)
    typer.echo(place)


def _period(first: str | None, last: str | None) -> Period:
    from projections.reports.period import Period, day_of

    begin, end = (None if one is None else day_of(one) for one in (first, last))
    return Period(begin, end)


@contextmanager
def _reader(log: str | None, config: Path | None) -> Generator[RecordedLog]:
    from infra.cli.logged import loaded
    from infra.logs import open_reader

    with closing(open_reader(loaded(log=log, config=config))) as reader:
        yield reader
