"""Where an engine's readings of order books come from."""

from __future__ import annotations

from enum import StrEnum


class BookSource(StrEnum):
    """FEED: books that this process keeps. TOPIC: what `whence books publish` publishes beside the log on Kafka."""

    FEED = "feed"
    TOPIC = "topic"
