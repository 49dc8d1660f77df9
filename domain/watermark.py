"""The highest equity of an account so far, and how far the equity has fallen below it."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from msgspec import Struct

from domain.account import AccountOpened, BalanceChanged, BalanceReason
from domain.arithmetic import EXACT, ZERO
from domain.drawdown import Drawdown, drawdown_after
from domain.mark import HOUR, AccountMarked, end_of_hour

_PEAK_STEP = Decimal("1e-12")


class Watermark(Struct, frozen=True, gc=False, kw_only=True):
    """`now` has the highest equity and the current one, `largest` the largest fall so far, as a fraction of its peak.
    `fall` is that of the latest point alone: of a mark, the largest within its hour.

    A mark covers the changes of the balance within its hour. Therefore `peak_before` and `largest_before` keep the
    values before the first change of the balance since the last mark's hour; `hour` is the hour of the latest changes,
    None directly after a mark. `marked` is true once there was a mark.
    """

    now: Drawdown
    largest: Decimal = ZERO
    fall: Decimal = ZERO
    peak_before: Decimal
    largest_before: Decimal = ZERO
    hour: datetime | None = None
    marked: bool = False


def begun_at(balance: Decimal) -> Watermark:
    """The watermark of an account that opens with this balance."""
    return Watermark(now=Drawdown(balance, balance), peak_before=balance)


def _at_balance(mark: Watermark, balance: Decimal, at: datetime, *, holding: bool) -> Watermark:
    """The watermark after a change of the balance, which is the equity while nothing is held.

    While a position is open the equity is known from marks only. In a log without marks, which an earlier version
    wrote, the balance is used in its place.
    """
    if holding and mark.marked:
        return mark
    hour = end_of_hour(at) - HOUR
    same = mark.hour == hour
    now = drawdown_after(mark.now.peak, balance)
    fall = now.fraction or ZERO
    return Watermark(
        now=now,
        largest=max(mark.largest, fall),
        fall=fall,
        peak_before=mark.peak_before if same else mark.now.peak,
        largest_before=mark.largest_before if same else mark.largest,
        hour=hour,
        marked=mark.marked,
    )


def at_change(
    mark: Watermark, change: AccountOpened | BalanceChanged, at: datetime, *, holding: bool
) -> Watermark:
    """The watermark after this event at `at` (UTC); `holding` states whether a position is open."""
    if isinstance(change, BalanceChanged) and change.reason is BalanceReason.TRANSFER:
        return _at_transfer(mark, change.amount)
    return _at_balance(mark, change.balance, at, holding=holding)


def _at_transfer(mark: Watermark, amount: Decimal) -> Watermark:
    """The peaks change by the same factor as the equity: a transfer changes no drawdown, and a deposit is no new peak.

    Where the equity was zero or less there is no factor, and the peaks move by the amount.
    """
    before, after = mark.now.now, EXACT.add(mark.now.now, amount)

    def moved(peak: Decimal) -> Decimal:
        if before <= 0:
            return EXACT.add(peak, amount)
        share = EXACT.divide(EXACT.multiply(peak, after), before)
        return (
            share.quantize(_PEAK_STEP, rounding=ROUND_HALF_EVEN, context=EXACT) if peak != before else after
        )

    return Watermark(
        now=Drawdown(moved(mark.now.peak), after),
        largest=mark.largest,
        fall=mark.fall,
        peak_before=moved(mark.peak_before),
        largest_before=mark.largest_before,
        hour=mark.hour,
        marked=mark.marked,
    )


def at_mark(before: Watermark, mark: AccountMarked) -> Watermark:
    """The watermark after a mark.

    The hour's worst equity is compared with the peak before the hour, because the order of high and worst within the
    hour is not recorded. The equity at the end of the hour is compared with the peak that includes the hour's high.
    """
    covered = before.hour is not None and mark.hour <= before.hour
    peak, largest = (
        (before.peak_before, before.largest_before) if covered else (before.now.peak, before.largest)
    )
    within = Drawdown(peak, min(mark.worst, peak)).fraction or ZERO
    now = drawdown_after(max(peak, mark.high), mark.equity)
    fall = max(within, now.fraction or ZERO)
    return Watermark(
        now=now,
        largest=max(largest, fall),
        fall=fall,
        peak_before=now.peak,
        marked=True,
    )
