"""`whence export`: the journal and the trades as files for spreadsheets and programs."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.exports.form import Form
from infra.cli.options import ConfigOption, LogOption, file_of, whole
from infra.cli.period import DayOption, FromOption, ToOption, period_of

if TYPE_CHECKING:
    from adapters.log.recorder_log import RecordedLog

export_app = typer.Typer(
    name="export",
    no_args_is_help=True,
    help="Writes the journal or the trades as CSV, JSON lines or Parquet.",
)

FormatOption = Annotated[
    Form, typer.Option("--format", help="Amounts keep every digit: text, or decimal128 in Parquet.")
]
AccountOption = Annotated[
    str, typer.Option("--account", help="This account; default: all in the journal, the only one of trades.")
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out",
        parser=file_of,
        metavar="PATH",
        help="The file, or a folder for it; default: the current folder.",
    ),
]
UptoOption = Annotated[
    int | None,
    typer.Option("--upto", parser=whole(1), metavar="N", help="Of the log as it was at the event N."),
]


@export_app.command()
def journal(
    form: FormatOption = Form.CSV,
    log: LogOption = None,
    day: DayOption = None,
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
    from infra.reports.report import first_of, kind_of
    from infra.run.upto import read_upto

    check_form(form)
    period = period_of(day, first, last)
    with _reader(log, config) as reader:
        end = read_upto(reader, upto)
        name = joined("journal", kind_of(first_of(reader)), account, period.first, period.last)
        place = place_of(name, form, out)
        export(sheets.journal(reader, account, period, end), form, place)
    typer.echo(place)


@export_app.command()
def trades(
    form: FormatOption = Form.CSV,
    log: LogOption = None,
    day: DayOption = None,
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
    from infra.reports.report import Request, first_of, kind_of, read_figures
    from infra.run.upto import read_upto

    check_form(form)
    request = Request(period_of(day, first, last), account, upto=upto)
    with _reader(log, config) as reader:
        found = read_figures(reader, request, read_upto(reader, upto))
        place = place_of(name_of("trades", kind_of(first_of(reader)), found), form, out)
    export(sheets.trades(found), form, place)
    typer.echo(place)


@contextmanager
def _reader(log: str | None, config: Path | None) -> Generator[RecordedLog]:
    from infra.cli.logged import loaded
    from infra.logs import open_reader

    with closing(open_reader(loaded(log=log, config=config))) as reader:
        yield reader
