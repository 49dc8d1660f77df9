"""The Kelly criterion: the fraction of the balance to risk on a trade, from the results of closed trades.

f* maximises the mean growth of the balance had each trade of the window risked the fraction f of it: the mean of
ln(1 + f·R) over the R-multiples (`results.py`). The mean's derivative, sum of R/(1 + f·R), falls with f, so f* is where
it becomes 0, and f* is above 0 exactly where the sum of R is. No f is allowed at which one of the trades would have
lost the whole balance.

For trades that win b or lose 1 this is the known f = W - (1 - W)/b. That formula, with means of wins and losses in
place of b, is not used: it is exact for one size of win and one of loss only, and counts a loss of 5 R as five of 1 R.

Source: J. L. Kelly, "A New Interpretation of Information Rate", Bell System Technical Journal 35 (1956); the fraction
for unequal outcomes as in E. O. Thorp, "The Kelly Criterion in Blackjack, Sports Betting, and the Stock Market" (2006).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from msgspec import Struct

from domain.arithmetic import EXACT, ONE, ZERO, total
from domain.sizing.results import FEWEST_RESULTS
from domain.sizing.settings import KellyFallback, SizingRule, SizingSettings

TOO_FEW = "KELLY_TOO_FEW_TRADES"
NO_EDGE = "KELLY_NO_EDGE"

_STEPS = 1_000_000
"""f* is rounded down to a multiple of 1/_STEPS."""


class Kelly(Struct, frozen=True, gc=False, kw_only=True):
    """What the rule KELLY computed from `trades` results, of which `wins` were above 0.

    `mean` is the mean R-multiple and `fraction` is f*; both are None with too few trades. `risk` is the fraction of the
    balance to lose at the stop; it is 0, with the reason, where the entry is to be skipped.
    """

    trades: int
    wins: int
    mean: Decimal | None
    fraction: Decimal | None
    risk: Decimal
    reason: str = ""

    @property
    def figures(self) -> Mapping[str, Decimal | str | int | None]:
        """The numbers by the names that a vote records them under."""
        return {
            "kelly_trades": self.trades,
            "kelly_least_trades": FEWEST_RESULTS,
            "kelly_wins": self.wins,
            "kelly_mean": self.mean,
            "kelly_fraction": self.fraction,
            "kelly_risk": self.risk,
        }


class Ruled(Struct, frozen=True, gc=False):
    """The settings of a size. For the rule KELLY `risk` is what it computed, and `kelly` how; None for other rules."""

    settings: SizingSettings
    kelly: Kelly | None


def ruled(settings: SizingSettings, results: Sequence[Decimal]) -> Ruled:
    """The settings by which an entry is sized whose owner's closed trades had these results, the latest last."""
    if settings.rule is not SizingRule.KELLY:
        return Ruled(settings, None)
    found = kelly(settings, tuple(results[-settings.kelly_window :]))
    return Ruled(replace(settings, risk=found.risk), found)


def kelly(settings: SizingSettings, results: tuple[Decimal, ...]) -> Kelly:
    """The fraction to risk: multiplier·f*, at most the cap; with too few results what `kelly_fallback` states."""
    trades, wins = len(results), sum(result > 0 for result in results)
    if trades < FEWEST_RESULTS:
        skips = settings.kelly_fallback is KellyFallback.SKIP
        return Kelly(
            trades=trades,
            wins=wins,
            mean=None,
            fraction=None,
            risk=ZERO if skips else settings.risk,
            reason=TOO_FEW if skips else "",
        )
    fraction = growth_optimal(results)
    share = min(EXACT.multiply(settings.kelly_multiplier, fraction), settings.kelly_cap)
    return Kelly(
        trades=trades,
        wins=wins,
        mean=EXACT.quantize(EXACT.divide(total(results), Decimal(trades)), Decimal("1e-6")),
        fraction=fraction,
        risk=share if fraction else ZERO,
        reason="" if fraction else NO_EDGE,
    )


@lru_cache(maxsize=64)
def growth_optimal(results: tuple[Decimal, ...]) -> Decimal:
    """f* in 0 … 1, rounded down to 1e-6; 0 where no fraction makes the balance grow.

    Cached, because every signal between two closes of an owner has the same results.
    """
    low, high = 0, _STEPS + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _still_grows(results, middle) else (low, middle)
    return EXACT.divide(Decimal(low), Decimal(_STEPS))


def _still_grows(results: Sequence[Decimal], step: int) -> bool:
    """Whether the mean growth rises at f = step/_STEPS: sum of R/(1 + f·R) > 0, and no trade loses the balance."""
    fraction = EXACT.divide(Decimal(step), Decimal(_STEPS))
    slope = ZERO
    for result in results:
        left = EXACT.add(ONE, EXACT.multiply(fraction, result))
        if left <= 0:
            return False
        slope = EXACT.add(slope, EXACT.divide(result, left))
    return slope > 0
