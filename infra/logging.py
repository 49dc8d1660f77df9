"""The program's log on standard error: readable lines on a terminal, otherwise one JSON object a line.

The log lines of libraries are included. Values bound with `structlog.contextvars` (a request's id, a chain's
`correlation_id`) are part of every line while they are bound. Secrets are masked.
"""

from __future__ import annotations

import logging
import sys

from infra.redirected import RedirectedFile

QUIET = ("alembic", "aiokafka", "httpcore", "httpx", "httpx2", "uvicorn")
"""Libraries whose INFO lines are suppressed; the API writes its own line for each request."""


class ToStderr(logging.Handler):
    """Writes to `sys.stderr` as it is at the time of each record, because tests and tools replace it.

    A program that keeps running goes on in a new file where the one to which it was redirected was moved (logrotate).

    The lines' format is imported with the first record: most commands log nothing.
    """

    def __init__(self, program: str = "", *, remarks: bool = False) -> None:
        """`program` is the name of this process in its lines; the main process has none.

        With `remarks` people get level and message only: the command that they have just run needs no time or module.
        """
        super().__init__()
        self._remarks = remarks
        self._for_people, self.program = sys.stderr.isatty(), program
        self._stream = sys.stderr
        self._file = None if remarks else RedirectedFile.of(sys.stderr)

    def emit(self, record: logging.LogRecord) -> None:
        """Writes the record in one call, so that the lines of two threads do not mix."""
        if self.formatter is None:
            from infra.log_lines import Remarks, formatter_of

            remarks = self._remarks and self._for_people
            self.formatter = Remarks() if remarks else formatter_of(for_people=self._for_people)
        if self.program:
            record.__dict__["program"] = self.program
        try:
            if self._file is not None and sys.stderr is self._stream:
                self._file.follow()
            sys.stderr.write(f"{self.format(record)}\n")
        except (OSError, ValueError):
            self.handleError(record)


def configure(level: int = logging.WARNING, program: str = "") -> None:
    """Logs records of `level` and above to the standard error; a second call replaces the first. See `ToStderr`.

    From WARNING on, the lines are remarks of a command; below, they are the log of a program that keeps running.
    """
    root = logging.getLogger()
    root.handlers = [one for one in root.handlers if not isinstance(one, ToStderr)]
    root.addHandler(ToStderr(program, remarks=level >= logging.WARNING))
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def program() -> str:
    """The name of this process in its lines; empty where it has none, or logs nothing."""
    names = (one.program for one in logging.getLogger().handlers if isinstance(one, ToStderr))
    return next(names, "")
