"""The parameters of the scalper on the order book."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from domain.strategies.book_parameters import (
    MEANINGS,
    MEANINGS_OF_IMBALANCE,
    SPOOFING,
    BookParameters,
    rule_of_spoofing,
    rules_of_imbalance,
)
from domain.strategies.parameters import Rule, refuse_faults


@dataclass(frozen=True, slots=True)
class BookScalperParameters(BookParameters):
    """Imbalances and the delta are shares of -1..1, the absorption is a ratio; the rest is as in `BookParameters`.

    `meanings` states each with its unit. Raises InvalidSettings, naming every field that is out of range.
    """

    depth: int = 5
    imbalance: float = 0.7
    absorption: float = 1.5
    delta: float = 0.2
    confirmed: int = 1
    turned: float = 0.5
    spoofing: float = 0.85
    meanings: ClassVar[Mapping[str, str]] = {
        **MEANINGS,
        **MEANINGS_OF_IMBALANCE,
        "absorption": "from here on much volume that moves the price little is an absorption, a ratio",
        "delta": "a breakout needs so much more volume bought than sold, as a share of all volume of 60 s",
        "confirmed": "1: an ENTER needs an absorption or a breakout, too; 0: the imbalance alone",
        "turned": "an EXIT needs so much imbalance against the position, 0..1",
        "spoofing": SPOOFING,
    }
    """What each parameter is, in words, with its unit."""

    def __post_init__(self) -> None:
        refuse_faults("book-scalper", self, self.rules())

    def rules(self) -> Iterator[Rule]:
        """For each parameter its name, what it must be, and whether it is."""
        yield from self.rules_of_books()
        yield from rules_of_imbalance(self.depth, self.imbalance)
        yield "absorption", "above 0 and at most 100", 0.0 < self.absorption <= 100.0
        yield "delta", "at least 0 and below 1", 0.0 <= self.delta < 1.0
        yield "confirmed", "0 or 1", self.confirmed in (0, 1)
        yield "turned", "above 0 and below 1", 0.0 < self.turned < 1.0
        yield rule_of_spoofing(self.spoofing)
