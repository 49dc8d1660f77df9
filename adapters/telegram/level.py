"""How urgent an alert in a chat is."""

from __future__ import annotations

from enum import IntEnum


class Level(IntEnum):
    """HIGH: a person should look now; it is sent first. MEDIUM and LOW may wait, and share a message in a backlog."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2
