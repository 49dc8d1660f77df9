"""The parameters of the breakout of a cluster of volume."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from domain.strategies.book_parameters import MEANINGS, SPOOFING, BookParameters, rule_of_spoofing
from domain.strategies.parameters import Rule, refuse_faults


@dataclass(frozen=True, slots=True)
class ClusterBreakoutParameters(BookParameters):
    """Shares of volume are 0..1, `width` is in volatilities of 120 s, `beyond` in widths of the value area.

    The rest is as in `BookParameters`. `meanings` states each with its unit. Raises InvalidSettings, naming every field
    that is out of range.
    """

    cooldown: float = 60.0
    share: float = 0.1
    width: float = 2.5
    beyond: float = 0.1
    delta: float = 0.2
    volume: float = 1.2
    memory: float = 60.0
    spoofing: float = 0.85
    meanings: ClassVar[Mapping[str, str]] = {
        **MEANINGS,
        "share": "a cluster is dense where its point of control has this share of the volume of 300 s, 0..1",
        "width": "a cluster is dense where its value area is at most so wide, in volatilities of 120 s",
        "beyond": "how far the mid must be beyond the value area, in widths of it",
        "delta": "how much more volume must be bought than sold, as a share of all volume of 60 s",
        "volume": "the volume of 10 s must be so many times that of an average 10 s of 120 s",
        "memory": "how long ago the mid may have been within the dense cluster, in seconds",
        "spoofing": SPOOFING,
    }
    """What each parameter is, in words, with its unit."""

    def __post_init__(self) -> None:
        refuse_faults("cluster-breakout", self, self.rules())

    def rules(self) -> Iterator[Rule]:
        """For each parameter its name, what it must be, and whether it is."""
        yield from self.rules_of_books()
        yield "share", "at least 0 and below 1", 0.0 <= self.share < 1.0
        yield "width", "above 0 and at most 1000", 0.0 < self.width <= 1_000.0
        yield "beyond", "at least 0 and at most 100", 0.0 <= self.beyond <= 100.0
        yield "delta", "above 0 and below 1", 0.0 < self.delta < 1.0
        yield "volume", "above 0 and at most 100", 0.0 < self.volume <= 100.0
        yield "memory", "above 0 and at most 3600", 0.0 < self.memory <= 3_600.0
        yield rule_of_spoofing(self.spoofing)
