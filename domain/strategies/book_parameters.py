"""The parameters that every strategy on books has: its pace, its stop and its target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain.strategies.book_levels import StopBounds
from domain.strategies.parameters import Rule

DEPTHS = (1, 5, 20)
"""The depths, in levels of each side, of which the table has the imbalance."""

MEANINGS: Mapping[str, str] = {
    "volatility": "the usual volatility of 120 s, in bps, up to which the limits hold as given",
    "readings": "how many readings in a row must agree, for an ENTER as for an EXIT",
    "cooldown": "the least time between two ENTERs, in seconds",
    "strong": "from how many median sizes of its side on a level is strong",
    "behind": "how far a stop is behind its level, and a target before one, in bps",
    "stop_least": "the least distance of the stop, in volatilities of 120 s",
    "stop_most": "the greatest distance of the stop, in volatilities of 120 s; no ENTER without a level within it",
    "reward": "the distance of the target, as a multiple of that of the stop, unless a strong level is nearer",
    "least_reward": "a strong level nearer than so many distances of the stop is no target",
}
"""What these parameters are, in words, with their units."""

MEANINGS_OF_IMBALANCE: Mapping[str, str] = {
    "depth": "the levels of each side of which the imbalance is read",
    "imbalance": "an ENTER needs more imbalance of bids and asks than this, 0..1",
}
"""What the parameters of an imbalance are, where a strategy reads one."""

SPOOFING = "no ENTER where the walls of its side are suspected from this score on, 0..1"
"""What the parameter `spoofing` is, which stands last in each strategy."""


@dataclass(frozen=True, slots=True)
class BookParameters:
    """Volatilities and `behind` in bps, `cooldown` in seconds, distances of stops in volatilities of 120 s.

    `MEANINGS` states each with its unit.
    """

    volatility: float = 10.0
    readings: int = 3
    cooldown: float = 30.0
    strong: float = 3.0
    behind: float = 0.5
    stop_least: float = 0.3
    stop_most: float = 2.0
    reward: float = 2.0
    least_reward: float = 1.0

    def rules_of_books(self) -> Iterator[Rule]:
        """For each of these parameters its name, what it must be, and whether it is."""
        yield "volatility", "above 0 and at most 10000", 0.0 < self.volatility <= 10_000.0
        yield "readings", "from 1 to 1000", 1 <= self.readings <= 1_000
        yield "cooldown", "from 0 to 86400", 0.0 <= self.cooldown <= 86_400.0
        yield "strong", "above 1 and at most 1000", 1.0 < self.strong <= 1_000.0
        yield "behind", "above 0 and at most 100", 0.0 < self.behind <= 100.0
        yield "stop_least", "above 0 and at most 100", 0.0 < self.stop_least <= 100.0
        yield (
            "stop_most",
            f"more than stop_least ({self.stop_least}) and at most 100",
            self.stop_least < self.stop_most <= 100.0,
        )
        yield "reward", "above 0 and at most 100", 0.0 < self.reward <= 100.0
        yield (
            "least_reward",
            f"above 0 and at most reward ({self.reward})",
            0.0 < self.least_reward <= self.reward,
        )

    def bounds(self, volatility: float) -> StopBounds:
        """The bounds of the stop at this volatility of 120 s (bps)."""
        return StopBounds(
            strong=self.strong,
            behind=self.behind,
            least=self.stop_least * volatility,
            most=self.stop_most * volatility,
        )


def rules_of_imbalance(depth: int, imbalance: float) -> Iterator[Rule]:
    """The rules of the depth, in levels of each side, and of the least imbalance, 0..1."""
    yield "depth", "1, 5 or 20", depth in DEPTHS
    yield "imbalance", "at least 0 and below 1", 0.0 <= imbalance < 1.0


def rule_of_spoofing(score: float) -> Rule:
    """The rule of the score of spoofing from which on nothing is entered, 0..1."""
    return "spoofing", "above 0 and at most 1", 0.0 < score <= 1.0
