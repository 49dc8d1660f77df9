"""The frequency of Python's cyclic garbage collection."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager

_SELDOM = (50_000, 20, 100)
"""Thresholds for `gc.set_threshold`; Python's default is (700, 10, 10)."""


def spare_the_collector() -> None:
    """Makes cyclic garbage collection rare: events and states are immutable, so they form no cycles to collect."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


@contextmanager
def seldom_collected() -> Generator[None]:
    """Makes the collector run seldom within the context.

    The objects that a unit of work discards form no cycles, so reference counting frees them. At the default threshold
    of 700 the collector takes a seventh of the time of a run.
    """
    before = gc.get_threshold()
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
