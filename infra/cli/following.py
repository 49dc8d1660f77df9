"""Following a run that feeds inputs, with its progress on a terminal, until its end or a stop."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from infra.cli.advance import Advance

SHOWN_EVERY = 1_000
"""Showing the progress after every input would take longer than the input."""


def is_followed(name: str, steps: Iterable[int], total: int, stops: Callable[[], bool]) -> bool:
    """Takes the steps, each the number of inputs fed so far of `total`; returns whether none was stopped."""
    with Advance() as advance:
        for number in steps:
            if number % SHOWN_EVERY == 0 or number == total:
                advance.show({name: (number, total)})
            if stops():
                return False
    return True
