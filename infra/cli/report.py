"""`whence report`: the audit report of an account, a strategy or an order."""

from __future__ import annotations

from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InvalidInput
from infra.cli.options import ConfigOption, LogOption, file_of, whole
from infra.cli.period import DayOption, FromOption, ToOption, period_of

if TYPE_CHECKING:
    from adapters.notary.verifying import Signed
    from infra.config import WhenceSettings
    from infra.reports.report import Report, Request


class Format(StrEnum):
    """HTML: one page that needs no network. JSON: the same figures for programs."""

    HTML = "html"
    JSON = "json"


def report(
    day: DayOption = None,
    first: FromOption = None,
    last: ToOption = None,
    order: Annotated[
        str,
        typer.Option("--order", metavar="ID", help="The story of this order alone, by its client order id."),
    ] = "",
    strategy: Annotated[
        str,
        typer.Option(
            "--strategy", metavar="ID", help="This strategy's trades alone; MANUAL: those of people."
        ),
    ] = "",
    log: LogOption = None,
    account: Annotated[
        str, typer.Option("--account", help="Which account, in a log of several; default: the only one.")
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            parser=file_of,
            metavar="PATH",
            help="The file, or a folder for it; default: the current folder. With --pdf also FILE.pdf.",
        ),
    ] = None,
    form: Annotated[
        Format, typer.Option("--format", help="A page for people, or JSON for programs.")
    ] = Format.HTML,
    pdf: Annotated[
        bool,
        typer.Option(
            "--pdf", help="Also print the page to a PDF beside it: by Chromium, else by the extra pdf."
        ),
    ] = False,
    upto: Annotated[
        int | None,
        typer.Option("--upto", parser=whole(1), metavar="N", help="Of the log as it was at the event N."),
    ] = None,
    checkpoints: Annotated[
        Path | None,
        typer.Option(
            "--checkpoints",
            metavar="PATH",
            help="Compare the log with these signed checkpoints, and name the newest.",
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", metavar="KEY", help="The notary's public key, for --checkpoints."),
    ] = None,
    config: ConfigOption = None,
    files: Annotated[list[str] | None, typer.Argument(metavar="[FILE]...", hidden=True)] = None,
) -> None:
    """Writes an audit report: what was done with the capital, by whom and why, and what came of it.

    It only reads the log. The report names the event and the root of the log that it stands on, so that it can be made
    again and compared.
    """
    from adapters.whole_file import write_file
    from infra.cli.logged import loaded
    from infra.dead_letters import FoundLetters
    from infra.logs import open_reader
    from infra.reports.place import name_of, place_of
    from infra.reports.report import made

    if files:
        raise InvalidInput(
            f"{files[0]}: whence report takes no file beside its options; --pdf is a switch and the page is beside the "
            f"PDF: name it with --out, as --pdf --out {files[0]}"
        )
    request = _request(day, first, last, order, strategy, account, upto)
    signed = _signed(checkpoints, key)
    if pdf and form is Format.JSON:
        raise InvalidInput("--pdf prints the page: leave out --format json")
    settings = loaded(log=log, config=config)
    with closing(open_reader(settings)) as reader, closing(FoundLetters(settings)) as letters:
        found = made(reader, request, letters(), signed, checkpoints)
    page_out = out.with_suffix(".html") if pdf and out is not None and out.suffix == ".pdf" else out
    place = place_of(name_of("report", found.kind, found.figures), form.value, page_out)
    content = _content(settings, found, form)
    write_file(place, lambda file: file.write(content))
    typer.echo(place)
    if pdf:
        _print(place)


def _request(
    day: str | None,
    first: str | None,
    last: str | None,
    order: str,
    strategy: str,
    account: str,
    upto: int | None,
) -> Request:
    from infra.reports.report import Request

    period = period_of(day, first, last)
    if order and (strategy or day or first or last):
        raise InvalidInput("--order reports the whole story of an order: leave out periods and --strategy")
    return Request(period, account, strategy, order, upto)


def _signed(checkpoints: Path | None, key: str | None) -> Signed | None:
    """The signed checkpoints. Raises InvalidInput where the file and the key are not given together."""
    from adapters.notary.verifying import Trust, read_signed
    from domain.notary.note import parse_verifier

    if checkpoints is None and key is None:
        return None
    if checkpoints is None or key is None:
        raise InvalidInput(
            "--checkpoints and --key belong together: a checkpoint counts by the notary's signature"
        )
    return read_signed(checkpoints, Trust(parse_verifier(key)))


def _content(settings: WhenceSettings, found: Report, form: Format) -> bytes:
    """The report with its personal texts opened. Raises KeyRefused."""
    from infra.reports.reporter import report_json, report_page

    text = report_json if form is Format.JSON else report_page
    return text(settings, found).encode()


def _print(page: Path) -> None:
    from infra.reports.pdf import print_to_pdf

    typer.echo(print_to_pdf(page))
