"""Options that several commands share."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from domain.errors import InvalidInput

LogOption = Annotated[
    str | None,
    typer.Option(
        "--log",
        metavar="URL",
        help="sqlite:///PATH, kafka://HOST:PORT/TOPIC[?partition=N] or postgresql://…; default: sqlite:///whence.db.",
    ),
]
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
    str | None, typer.Option("--account", help="Name of the account: lower-case letters and digits.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def time_of(text: str) -> datetime:
    """An ISO 8601 time, in UTC where it has no zone. Raises InvalidInput for any other text."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is not a time; write it like 2025-06-30T14:00:00Z") from None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
