"""Output to a reader that may close the pipe: `whence log | head` is not an error."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager

import typer


@contextmanager
def readers_may_leave() -> Generator[None]:
    """Exits with 0 where the reader has closed the pipe."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes again at exit, so the remaining output is redirected to the null device.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit from None
