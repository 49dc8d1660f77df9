"""What one stream is connected to: the site, the channel and its topics."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from msgspec import Struct

from adapters.bybit.secrecy import Credentials
from adapters.bybit.site import Site

TRADE = "trade"
"""The channel of order requests, which has no topics."""

MOST_CHARACTERS = 20_000
"""The characters of the topics in one request; Bybit takes 21,000."""

_LONGEST_TOPIC = 100
"""More characters than a topic has, so that a topic which begins within a request also ends within the limit."""


class Line(Struct, frozen=True, kw_only=True):
    """`channel` is `private`, `trade` or the category of a public one; a public one has no `credentials`."""

    site: Site
    channel: str
    topics: tuple[str, ...]
    credentials: Credentials | None = None

    def hide(self, text: str) -> str:
        """The text without what is secret."""
        return text if self.credentials is None else self.credentials.hide(text)

    def requests(self) -> list[list[str]]:
        """The topics, as many together as one request takes."""
        found: dict[int, list[str]] = {}
        for topic, length in zip(self.topics, accumulate(map(len, self.topics)), strict=True):
            found.setdefault((length - 1) // (MOST_CHARACTERS - _LONGEST_TOPIC), []).append(topic)
        return list(found.values())


def by_symbol(topics: Sequence[str]) -> list[list[str]]:
    """The topics of each symbol, which is the last part of a public topic."""
    found: dict[str, list[str]] = {}
    for topic in topics:
        found.setdefault(topic.rpartition(".")[2], []).append(topic)
    return list(found.values())
