"""The program's log on standard error: readable lines on a terminal, otherwise one JSON object a line.

The log lines of libraries are included. Values bound with `structlog.contextvars` (a request's id, a chain's
`correlation_id`) are part of every line while they are bound. Secrets are masked.
"""

from __future__ import annotations

import logging
import re
import sys
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
_QUIET = ("alembic", "aiokafka", "httpcore", "httpx", "uvicorn")
"""Libraries whose INFO lines are suppressed; the API writes its own line for each request."""


class ToStderr(logging.Handler):
    """Writes to `sys.stderr` as it is at the time of each record, because tests and tools replace it."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes the record in one call, so that the lines of two threads do not mix."""
        try:
            sys.stderr.write(f"{self.format(record)}\n")
        except (OSError, ValueError):
            self.handleError(record)


def configure(level: int = logging.WARNING) -> None:
    """Logs records of `level` and above to the standard error; a second call replaces the first."""
    handler = ToStderr()
    handler.setFormatter(_formatter(for_people=sys.stderr.isatty()))
    root = logging.getLogger()
    root.handlers = [one for one in root.handlers if not isinstance(one, ToStderr)]
    root.addHandler(handler)
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
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


def _formatter(*, for_people: bool) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_SHARED, structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            hide_secrets,
            structlog.dev.ConsoleRenderer() if for_people else structlog.processors.JSONRenderer(default=str),
        ],
    )


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return _SECRETS.sub(_HIDDEN, value)
    if isinstance(value, Mapping):
        return {name: _hidden(one) for name, one in cast(Mapping[str, Any], value).items()}
    if isinstance(value, list | tuple):
        return [_hidden(one) for one in cast(Sequence[Any], value)]
    return value
