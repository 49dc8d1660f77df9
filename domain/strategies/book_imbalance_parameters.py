"""The parameters of the trader of sustained imbalance."""

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
class BookImbalanceParameters(BookParameters):
    """The imbalance is a share of -1..1, the flow in deviations, `lean` a share of half the spread.

    The rest is as in `BookParameters`. `meanings` states each with its unit. Raises InvalidSettings, naming every field
    that is out of range.
    """

    readings: int = 10
    cooldown: float = 60.0
    depth: int = 20
    imbalance: float = 0.5
    flow: float = 1.0
    lean: float = 0.3
    turned: float = 0.3
    spoofing: float = 0.85
    meanings: ClassVar[Mapping[str, str]] = {
        **MEANINGS,
        **MEANINGS_OF_IMBALANCE,
        "flow": "an ENTER needs so much order-flow imbalance of 10 s, in its deviations of 120 s",
        "lean": "the microprice must be so far on the side of the ENTER, as a share of half the spread",
        "turned": "an EXIT needs so much imbalance, and flow, against the position, 0..1",
        "spoofing": SPOOFING,
    }
    """What each parameter is, in words, with its unit."""

    def __post_init__(self) -> None:
        refuse_faults("book-imbalance", self, self.rules())

    def rules(self) -> Iterator[Rule]:
        """For each parameter its name, what it must be, and whether it is."""
        yield from self.rules_of_books()
        yield from rules_of_imbalance(self.depth, self.imbalance)
        yield "flow", "above 0 and at most 100", 0.0 < self.flow <= 100.0
        yield "lean", "at least 0 and below 1", 0.0 <= self.lean < 1.0
        yield "turned", "above 0 and below 1", 0.0 < self.turned < 1.0
        yield rule_of_spoofing(self.spoofing)
