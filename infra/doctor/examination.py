"""Runs a table of checks, each with a time limit, and states what each found.

A check returns what it saw, or raises an error of ours, whose message states what is wrong and what to do.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from domain.errors import (
    ExchangeUnreachable,
    LogUnavailable,
    OutcomeUnknown,
    StoreUnavailable,
    WhenceError,
)

S = TypeVar("S")
_UNANSWERED: Final = (LogUnavailable, StoreUnavailable, ExchangeUnreachable, OutcomeUnknown)
"""The errors of a connection; their messages state what did not answer."""


@dataclass(frozen=True, slots=True)
class Check(Generic[S]):
    """A line of the table. A check that does not apply to the subject is left out; `seconds` is its time limit.

    `mend` is what to do where nothing answers: then neither the time limit nor the error of a client states it.
    """

    name: str
    look: Callable[[S], str]
    applies: Callable[[S], bool] = lambda _: True
    seconds: float = 15.0
    mend: str = "repeat it when the machine is idle; if nothing changes, look at the disk"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found; `text` is what is wrong, with the mend, where not `is_ok`."""

    name: str
    is_ok: bool
    text: str

    def __str__(self) -> str:
        return f"{'ok   ' if self.is_ok else 'FAULT'}  {self.name}: {self.text}"


def examined(subject: S, checks: Sequence[Check[S]]) -> Iterator[Finding]:
    """What each check of the table that applies found, in order."""
    for check in checks:
        if check.applies(subject):
            yield _finding(subject, check)


def _finding(subject: S, check: Check[S]) -> Finding:
    found: list[Finding] = []

    def look() -> None:
        try:
            found.append(Finding(check.name, is_ok=True, text=check.look(subject)))
        except _UNANSWERED as fault:
            found.append(Finding(check.name, is_ok=False, text=f"{_line(fault)}: {check.mend}"))
        except WhenceError as fault:
            found.append(Finding(check.name, is_ok=False, text=_line(fault)))
        except OSError as fault:
            place = "" if fault.filename is None else f"{fault.filename}: "
            found.append(
                Finding(check.name, is_ok=False, text=f"{place}{fault.strerror or type(fault).__name__}")
            )

    # A thread that a server keeps waiting cannot be ended; as a daemon it does not outlive the program.
    thread = threading.Thread(target=look, name=f"check {check.name}", daemon=True)
    thread.start()
    thread.join(check.seconds)
    late = Finding(check.name, is_ok=False, text=f"no result within {check.seconds:g} s: {check.mend}")
    return found[0] if found else late


def _line(fault: Exception) -> str:
    return " ".join(str(fault).split())
