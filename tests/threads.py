"""The threads that the parts under test have begun."""

from __future__ import annotations

import threading
from collections.abc import Collection

from adapters.kafka.repeats import THREAD

_PATIENCE = 10.0


def begun_since(before: Collection[threading.Thread]) -> set[threading.Thread]:
    """The threads that live and are not among these. A Kafka client of another test of this process may log at any
    time, and begins a thread for each kind of line: those are left out.
    """
    return {one for one in threading.enumerate() if one not in before and one.name != THREAD}


def left_of(before: Collection[threading.Thread]) -> set[threading.Thread]:
    """Those that still live after each was waited for."""
    for one in begun_since(before):
        one.join(_PATIENCE)
    return begun_since(before)
