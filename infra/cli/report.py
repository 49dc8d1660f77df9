"""`whence report`: the audit report of an account, a strategy or an order."""

from __future__ import annotations

from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InvalidInput
from infra.cli.options import ConfigOption, LogOption, whole

if TYPE_CHECKING:
    from adapters.notary.verifying import Signed
    from infra.reports.report import Report, Request


class Format(StrEnum):
    """HTML: one page that needs no network. JSON: the same figures for programs."""

    HTML = "html"
    JSON = "json"


DayOption = Annotated[str | None, typer.Option("--day", metavar="DAY", help="This day (UTC), as 2025-06-30.")]


def report(
    day: DayOption = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="From this day on; default: the log's first.")
    ] = None,
    last: Annotated[
        str | None,
        typer.Option("--to", metavar="DAY", help="Up to this day, included; default: the log's last."),
    ] = None,
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
            "--out", metavar="PATH", help="The file, or a folder for it; default: the current folder."
        ),
    ] = None,
    form: Annotated[
        Format, typer.Option("--format", help="A page for people, or JSON for programs.")
    ] = Format.HTML,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Also print the page to a PDF, by an installed Chromium.")
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
) -> None:
    """Writes an audit report: what was done with the capital, by whom and why, and what came of it.

    It only reads the log. The report names the event and the root of the log that it stands on, so that it can be made
    again and compared.
    """
    from infra.cli.logged import loaded
    from infra.dead_letters import FoundLetters
    from infra.logs import open_reader
    from infra.reports.place import name_of, place_of
    from infra.reports.report import made

    request = _request(day, first, last, order, strategy, account, upto)
    signed = _signed(checkpoints, key)
    if pdf and form is Format.JSON:
        raise InvalidInput("--pdf prints the page: leave out --format json")
    settings = loaded(log=log, config=config)
    with closing(open_reader(settings)) as reader, closing(FoundLetters(settings)) as letters:
        found = made(reader, request, letters(), signed, checkpoints)
    place = place_of(name_of("report", found.kind, found.figures), form.value, out)
    written = _write(place, _content(found, form))
    typer.echo(written)
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
    from projections.reports.period import Period, day_of

    if day is not None and (first is not None or last is not None):
        raise InvalidInput("--day is a period of its own: leave it out, or --from and --to")
    if order and (strategy or day or first or last):
        raise InvalidInput("--order reports the whole story of an order: leave out periods and --strategy")
    begin, end = (None if one is None else day_of(one) for one in (day or first, day or last))
    return Request(Period(begin, end), account, strategy, order, upto)


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


def _content(found: Report, form: Format) -> bytes:
    import msgspec

    if form is Format.JSON:
        return msgspec.json.format(msgspec.json.encode(found.as_json())) + b"\n"
    from infra.reports.page import page

    return page(found).encode()


def _write(place: Path, content: bytes) -> Path:
    from adapters.whole_file import replace_file

    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        replace_file(place, content)
    except OSError as fault:
        raise InvalidInput(f"{place} cannot be written: {fault.strerror}") from None
    return place


def _print(page: Path) -> None:
    from infra.reports.pdf import print_to_pdf

    typer.echo(print_to_pdf(page))
