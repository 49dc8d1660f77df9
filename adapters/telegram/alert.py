"""An alert on its way to a chat, and the digest of several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from adapters.telegram.content import Content
from adapters.telegram.level import Level


@dataclass(frozen=True, slots=True)
class Alert:
    """`id` is the event's, or names a fault that no event records; `place` is the event's ordinal, None without one.

    `shown` makes its own message, and marks one that may be a repeat, because the answer to an earlier call was lost.
    `line` is its line in a digest; one that is `alone` is in none, because its message carries a file.
    """

    id: str
    level: Level
    place: int | None
    shown: Callable[[bool], Content]
    line: str
    alone: bool = False


Digest = Callable[[int, Sequence[Alert], AbstractSet[str]], tuple[Content, int]]
"""Makes the message of the first alerts that wait for a chat, and returns it with their number. The ids are those
of possible repeats."""
