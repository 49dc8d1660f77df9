"""Options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from domain.errors import InvalidInput
from domain.number import number
from infra.cli.completing import logs

_PACE = re.compile(r"([0-9]+(?:\.[0-9]+)?)x")

LogOption = Annotated[
    str | None,
    typer.Option(
        "--log",
        metavar="URL",
        autocompletion=logs,
        help="sqlite:///PATH, kafka://HOST:PORT/TOPIC[?partition=N] or postgresql://…; default: sqlite:///whence.db.",
    ),
]
LiveLogOption = Annotated[
    str | None,
    typer.Option(
        "--log",
        metavar="URL",
        autocompletion=logs,
        help="sqlite:///PATH or kafka://HOST:PORT/TOPIC[?partition=N]; default: sqlite:///whence.db.",
    ),
]
"""The log of a live run, which keeps its inputs beside it (`infra/inputs.py`)."""
StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        help="Read models and tokens: sqlite:///PATH or postgresql://…; default: a file beside the log.",
    ),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings file; default: ./whence.toml where it exists."),
]
AccountOption = Annotated[
    str | None,
    typer.Option("--account", help="Name of the account: lower-case letters and digits; default: paper."),
]
RulesOption = Annotated[
    Path | None,
    typer.Option(
        "--rules",
        metavar="FILE",
        help="File of imported trading rules; default: ./whence-instruments.json where it exists.",
    ),
]


def web_address(text: str) -> str:
    """The address of a web server, without a slash at its end. Raises BadParameter for any other text."""
    if not text.isprintable() or not _is_web_address(text):
        raise typer.BadParameter(f"{text[:80]!r} is no address; write it like http://127.0.0.1:8680")
    return text.rstrip("/")


def _is_web_address(text: str) -> bool:
    try:
        found = urlsplit(text)
        has_host = bool(found.hostname) and found.port != 0
    except ValueError:
        return False
    return found.scheme in ("http", "https") and has_host and not found.query and not found.fragment


AddressOption = Annotated[
    str | None,
    typer.Option(
        "--address",
        parser=web_address,
        metavar="URL",
        help="Another address than the exchange's own, as that of `whence venue`.",
    ),
]
AdoptSettingsOption = Annotated[
    bool,
    typer.Option(
        "--adopt-settings",
        help="Where the log was opened with other settings, put the configured ones in force from its end on.",
    ),
]
_LARGEST = 2**63 - 1

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def whole(least: int = -_LARGEST, most: int = _LARGEST) -> Callable[[str | int], int]:
    """A parser for options that are whole numbers from `least` to `most`, written in the digits 0 to 9.

    By default the numbers are those that a database holds.

    The parser raises BadParameter, which typer prints with the option's name; the program then exits with code 2.
    """

    def parse(given: str | int) -> int:
        try:
            value = number(str(given), int)
        except ValueError:
            raise typer.BadParameter(f"{given!r} is not a whole number in the digits 0 to 9") from None
        if value < least:
            raise typer.BadParameter(f"{value} is below {least}")
        if value > most:
            raise typer.BadParameter(f"{value} is above {most}")
        return value

    return parse


PortOption = Annotated[
    int,
    typer.Option("--port", parser=whole(0, 65535), metavar="N", help="Port of the API; 0 for any free port."),
]


def speed_of(text: str) -> float | None:
    """The value of `--speed`: `10x` -> 10.0, `max` -> None. Raises InvalidInput for any other text."""
    return None if text == "max" else pace_of(text, "--speed")


def pace_of(text: str | None, option: str = "--pace") -> float | None:
    """`60x` -> 60.0; None for None. Raises InvalidInput, which names the option, for any other text."""
    if text is None:
        return None
    found = _PACE.fullmatch(text)
    if found is None or not 0 < float(found[1]) < inf:
        raise InvalidInput(f"{option} {text!r} is not a pace; write it like 60x")
    return float(found[1])


def time_of(text: str) -> datetime:
    """An ISO 8601 time, in UTC where it has no zone. Raises InvalidInput for any other text."""
    try:
        time = datetime.fromisoformat(text)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(f"{text!r} is not a time; write it like 2025-06-30T14:00:00Z") from None
