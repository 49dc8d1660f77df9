"""Waiting for what another process does."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.journeys.program import PATIENCE

_PATIENCE = 2 * PATIENCE
"""A start and a restart import the whole program, each in a process of its own."""


def until(happened: Callable[[], bool], what: str) -> None:
    """Waits until `happened`; fails with `what` where that takes too long."""
    deadline = time.monotonic() + _PATIENCE
    while not happened():
        assert time.monotonic() < deadline, f"not within {_PATIENCE:g} s: {what}"
        time.sleep(0.05)
