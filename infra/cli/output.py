"""Output for people: consoles, terminals with few characters, and pipes whose reader may close them."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unicodedata import normalize

import typer

if TYPE_CHECKING:
    from rich.console import Console

_SPELLED = {
    "…": "...", "→": "->", "←": "<-", "─": "-", "━": "-", "│": "|", "├": "+", "└": "`", "≥": ">=", "≤": "<=",
    "•": "*", "█": "#", "“": '"', "”": '"', "—": "-",
}  # fmt: skip
"""Characters in our output that some terminals cannot show, spelled in ASCII."""
_HANDLER = "whence.spelled"
_ASCII = "whence_ascii"


def spell_what_cannot_be_shown() -> None:
    """Makes stdout and stderr spell characters that their encoding lacks, instead of raising UnicodeEncodeError."""
    codecs.register_error(_HANDLER, _spelled)
    codecs.register(_ascii_codec)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            is_ascii = codecs.lookup(stream.encoding).name == "ascii"
            stream.reconfigure(encoding=_ASCII if is_ascii else None, errors=_HANDLER)


def _ascii_codec(name: str) -> codecs.CodecInfo | None:
    """ASCII under a name of ours: typer takes a stream in ASCII for misconfigured and writes UTF-8 to it."""
    if name != _ASCII:
        return None
    known = codecs.lookup("ascii")
    return codecs.CodecInfo(
        known.encode,
        known.decode,
        known.streamreader,
        known.streamwriter,
        known.incrementalencoder,
        known.incrementaldecoder,
        name=_ASCII,
    )


def _spelled(error: UnicodeError) -> tuple[str, int]:
    """A codec's error handler: ASCII for the characters that cannot be encoded; `?` for those without a spelling."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_ascii, error.object[error.start : error.end])), error.end


def _ascii(character: str) -> str:
    if character in _SPELLED:
        return _SPELLED[character]
    return normalize("NFKD", character).encode("ascii", "ignore").decode() or "?"


def console_of(*, soft_wrap: bool = False) -> Console:
    """The console on standard output; with `soft_wrap` lines are never broken."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=soft_wrap)


def errors_console() -> Console:
    """The console on standard error, for progress and remarks."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


@contextmanager
def readers_may_leave() -> Generator[None]:
    """Exits with code 0 where the reader of standard output has closed the pipe: `whence log | head`."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at exit. That output goes to the null device, because the pipe is closed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit from None
