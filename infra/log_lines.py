"""The format of the program's log lines, for people and for programs."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import structlog
from structlog.typing import EventDict, Processor

from adapters.tokens.token import IN_A_TEXT

_HIDDEN = "***"
_SECRETS = re.compile(
    rf"{IN_A_TEXT.pattern}"
    r"|(?<=://)[^/\s@]*:[^/\s@]*(?=@)"
    r"|(?i:(?<=bearer )\S+)"
    r"|(?i:(?<=password=)[^\s&,'\"]+)"
)


class Remarks(logging.Formatter):
    """The lines of a command for people: the level and the message, and the traceback of an exception."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        words = hide_secrets(None, "", {"line": super().format(record)})["line"]
        return f"{record.levelname.lower()}: {words}"


def formatter_of(*, for_people: bool) -> logging.Formatter:
    """The formatter of log records: readable lines for people, otherwise one JSON object a line."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_SHARED, structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            hide_secrets,
            structlog.dev.ConsoleRenderer() if for_people else structlog.processors.JSONRenderer(default=str),
        ],
    )


def hide_secrets(_logger: object, _method: str, line: EventDict) -> EventDict:
    """The line with tokens and passwords masked in every field."""
    return {name: _hidden(value) for name, value in line.items()}


_SHARED: Sequence[Processor] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return _SECRETS.sub(_HIDDEN, value)
    if isinstance(value, Mapping):
        return {name: _hidden(one) for name, one in cast(Mapping[str, Any], value).items()}
    if isinstance(value, list | tuple):
        return [_hidden(one) for one in cast(Sequence[Any], value)]
    return value
