"""Output to a pipe whose reader may close it: `whence log | head` ends without an error."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager

import typer


@contextmanager
def readers_may_leave() -> Generator[None]:
    """Exits with code 0 where the reader of standard output has closed the pipe."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at exit. That output goes to the null device, because the pipe is closed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit from None
