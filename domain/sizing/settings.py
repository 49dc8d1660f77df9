"""The settings of sizing: which rule computes the size of an entry, and the numbers of each rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from domain.arithmetic import ONE, ZERO
from domain.own_settings import OwnSettings
from domain.sizing.results import FEWEST_RESULTS, MOST_RESULTS


class SizingRule(StrEnum):
    """How the quantity of an entry is computed; see `domain/sizing/size.py`."""

    FIXED = "FIXED"
    PERCENT = "PERCENT"
    RISK = "RISK"
    MINIMUM = "MINIMUM"
    KELLY = "KELLY"


class KellyFallback(StrEnum):
    """What the rule KELLY does while too few trades are closed: it skips the entry, or sizes it by the rule RISK."""

    SKIP = "SKIP"
    RISK = "RISK"


@dataclass(frozen=True, slots=True, kw_only=True)
class SizingSettings:
    """The size of an entry by each rule; `percent` and `risk` are fractions of the balance.

    FIXED uses `quantity`, in base currency; PERCENT a notional of `percent`; RISK a loss at the stop of `risk`. MINIMUM
    is the least quantity that the instrument permits. KELLY is a loss at the stop of `kelly_multiplier` times the
    fraction of the balance at which the last `kelly_window` closed trades of the entry's owner would have grown
    fastest, at most `kelly_cap`; `kelly_fallback` is what it does with fewer than 30 of them. See
    `domain/sizing/kelly.py`.

    With `cut_to_max_risk` a size whose loss at the stop exceeds `risk.max_risk_per_trade` is cut to it, else such an
    entry is refused. A size by KELLY is always cut. With `by_confidence` an entry has as much of the rule's quantity as
    its signal has confidence, but by the rule MINIMUM.
    """

    rule: SizingRule = SizingRule.RISK
    quantity: Decimal = ZERO
    percent: Decimal = Decimal("0.10")
    risk: Decimal = Decimal("0.01")
    cut_to_max_risk: bool = False
    kelly_window: int = 100
    kelly_multiplier: Decimal = Decimal("0.5")
    kelly_cap: Decimal = Decimal("0.25")
    kelly_fallback: KellyFallback = KellyFallback.RISK
    by_confidence: bool = False

    @property
    def cuts(self) -> bool:
        """Whether sizes are cut to the risk of one trade."""
        return self.cut_to_max_risk or self.rule is SizingRule.KELLY


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSizingSettings(OwnSettings):
    """The settings of `SizingSettings` that one instance has otherwise; None is the setting of all instances."""

    rule: SizingRule | None = None
    quantity: Decimal | None = None
    percent: Decimal | None = None
    risk: Decimal | None = None
    cut_to_max_risk: bool | None = None
    kelly_window: int | None = None
    kelly_multiplier: Decimal | None = None
    kelly_cap: Decimal | None = None
    kelly_fallback: KellyFallback | None = None
    by_confidence: bool | None = None


BY_RISK = SizingSettings()
"""The defaults: a loss of 1 % of the balance at the stop."""

BOUNDS: Mapping[str, tuple[Decimal | float, Decimal | float]] = {
    "quantity": (ZERO, Decimal(10**12)),
    "percent": (ZERO, Decimal(100)),
    "risk": (ZERO, ONE),
    "kelly_window": (FEWEST_RESULTS, MOST_RESULTS),
    "kelly_multiplier": (Decimal("0.01"), ONE),
    "kelly_cap": (Decimal("0.0001"), ONE),
}
"""The least and the greatest value of each number."""
