"""What a seal of a log has changed."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What was sealed, or why nothing was."""

    EVENTS = "events without marks"
    KEY_LOST = "events whose marks were made with a lost key"
    HEAD = "the mark of the head"
    MARKED = "nothing: all events have valid marks"
    EMPTY = "nothing: the log has no events"


class Sealed(NamedTuple):
    """What was sealed; `events` is the number of events that were given marks."""

    kind: Kind
    events: int = 0
