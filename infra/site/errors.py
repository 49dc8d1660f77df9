"""The page of all errors and exit codes."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from domain import errors
from domain.errors import WhenceError
from infra.cli import EXIT_CODES, INTERRUPTED
from infra.site.markdown import code, plain, table

_HEAD = """\
# Errors and exit codes

A command that fails prints one line that begins with `whence:` to its standard error, with what was wrong, where, and
what to do. Programs read the exit code. Reasons why a signal was not traded are no errors:
[Explain](../explain.md#reasons) lists them.

## Exit codes
"""
_CODES = {
    0: "the command did what it states",
    1: "a rule refuses the request, or a check found something",
    2: "invalid input: a file, a setting, an option, or a log of another run",
    3: "another engine owns the log, or took it over",
    4: "the log, the store or a recording fails, or the output cannot be written",
    INTERRUPTED: "the program was interrupted (Ctrl-C)",
}


def page() -> str:
    """The whole page."""
    codes = table(("code", "meaning"), ((str(number), text) for number, text in _CODES.items()))
    found = table(("error", "kind of", "exit code", "meaning"), _rows(WhenceError))
    return "\n".join([_HEAD, *codes, "## Errors", "", *found])


def _rows(kind: type[WhenceError]) -> Iterator[tuple[str, str, str, str]]:
    """The error and, after it, every kind of it, in the order of their declaration."""
    number = next(code for base, code in EXIT_CODES if issubclass(kind, base))
    (base, *_) = kind.__bases__
    of = "" if base is Exception else code(base.__name__)
    yield code(kind.__name__), of, str(number), plain((inspect.getdoc(kind) or "").partition("\n\n")[0])
    for one in vars(errors).values():
        if isinstance(one, type) and kind in one.__bases__:
            yield from _rows(one)
