"""Tiers: the confidence that the Alpha committee requires, by the results of recent trades.

Tiers are computed from `PositionClosed` events alone. A trade is won when its net (after fees and funding) is above
zero and lost when it is below. A trade that breaks even counts in the window as not won, and ends a run of losses.

Drawdown is how far the balance after the last close is below its peak, as a fraction of the peak. The peak is the
highest balance after any close; it starts as the balance before the first close (that close's balance less its net).
Both balances exclude unrealised profit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache

from msgspec import Struct

from domain.arithmetic import EXACT, ONE, ZERO, exactly
from domain.drawdown import Drawdown, drawdown_after
from domain.position import PositionClosed
from domain.settings import TierSettings
from domain.signal import Tier

MAX_WINDOW = 10_000
"""The largest window that the settings allow; older trades are dropped."""

_REMEMBERED = (1 << MAX_WINDOW) - 1
_FIGURE = Decimal("0.000001")


class Trades(Struct, frozen=True, gc=False, kw_only=True):
    """The figures of all trades so far from which tiers are computed, in bounded memory.

    `won` has one bit for each of the last `MAX_WINDOW` trades, set if the trade was won; the lowest bit is the latest.
    `peak` and `balance` are in the account's currency.
    """

    count: int = 0
    won: int = 0
    losses_in_a_row: int = 0
    peak: Decimal = ZERO
    balance: Decimal = ZERO

    @property
    def drawdown(self) -> Decimal:
        """The drawdown (see above) as a fraction of the peak, to six digits, for display; 0 before the first trade."""
        if self.count == 0:
            return ZERO
        lost = Drawdown(self.peak, self.balance).fraction
        return ONE if lost is None else EXACT.quantize(lost, _FIGURE)

    def wins(self, window: int) -> int:
        """The number of won trades among the last `window` trades."""
        return (self.won & ((1 << window) - 1)).bit_count()


NO_TRADES = Trades()


def evolve(trades: Trades, closed: PositionClosed) -> Trades:
    """The figures after one more closed position."""
    before = trades.peak if trades.count else EXACT.subtract(closed.balance, closed.net)
    return Trades(
        count=trades.count + 1,
        won=((trades.won << 1) | (closed.net > 0)) & _REMEMBERED,
        losses_in_a_row=trades.losses_in_a_row + 1 if closed.net < 0 else 0,
        peak=drawdown_after(before, closed.balance).peak,
        balance=closed.balance,
    )


def tier_of(trades: Trades, settings: TierSettings) -> Tier:
    """The tier in force. STRICT has precedence over RELAXED; with fewer trades than the window it is NORMAL."""
    if trades.count < settings.window:
        return Tier.NORMAL
    if _strict(trades, settings):
        return Tier.STRICT
    return Tier.RELAXED if _relaxed(trades, settings) else Tier.NORMAL


def threshold(tier: Tier, settings: TierSettings) -> float:
    """The least confidence (0..1) that the tier requires."""
    return _REQUIRED[tier](settings)


_REQUIRED: Mapping[Tier, Callable[[TierSettings], float]] = {
    Tier.NORMAL: lambda settings: settings.normal_confidence,
    Tier.STRICT: lambda settings: settings.strict_confidence,
    Tier.RELAXED: lambda settings: settings.relaxed_confidence,
}


def _strict(trades: Trades, settings: TierSettings) -> bool:
    return (
        trades.wins(settings.window) < _wins_at(settings.strict_win_rate, settings)
        or _lost(trades) > _share(settings.strict_drawdown, trades)
        or trades.losses_in_a_row >= settings.strict_losses
    )


def _relaxed(trades: Trades, settings: TierSettings) -> bool:
    won_enough = trades.wins(settings.window) >= _wins_at(settings.relaxed_win_rate, settings)
    return won_enough and _lost(trades) < _share(settings.relaxed_drawdown, trades)


def _wins_at(rate: float, settings: TierSettings) -> Decimal:
    return EXACT.multiply(_exactly(rate), Decimal(settings.window))


def _lost(trades: Trades) -> Decimal:
    return Drawdown(trades.peak, trades.balance).fall


def _share(drawdown: float, trades: Trades) -> Decimal:
    return EXACT.multiply(_exactly(drawdown), trades.peak)


_exactly = lru_cache(maxsize=64)(exactly)
"""Cached, because the shares are settings, and every decision compares with them."""
