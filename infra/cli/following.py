"""Following a run that feeds inputs, with its progress on a terminal, until its end or a stop."""

from __future__ import annotations

from collections.abc import Iterable

from infra.cli.advance import Advance
from infra.cli.stopping import Stopping, StopRequested

SHOWN_EVERY = 1_000
"""Showing the progress after every input would take longer than the input."""


def is_followed(name: str, steps: Iterable[int], total: int, stopping: Stopping) -> bool:
    """Takes the steps, each the number of inputs fed so far of `total`; returns whether none was stopped.

    A stop ends a step at once: the steps of a run in memory change nothing outside this process.
    """
    with Advance() as advance:
        try:
            with stopping.at_once():
                for number in steps:
                    if number % SHOWN_EVERY == 0 or number == total:
                        advance.show({name: (number, total)})
        except StopRequested:
            return False
    return True
