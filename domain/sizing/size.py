"""The size of an entry by its sizing rule, within what the instrument, the margin and the risk of one trade allow.

The table `RULES` has the sizing rules. The quantity of a rule is rounded down to the lot and cut to what the
instrument and the margin allow. A quantity too small to be traded becomes zero, with the reason. No size is rounded up
but that of the rule MINIMUM, which is the least quantity that can be traded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from msgspec import Struct

from domain.arithmetic import CEILING, EXACT, FLOOR, ONE, ZERO, distance, total
from domain.grid import Grid, prices, worst_loss
from domain.instrument import Instrument, round_down, round_up
from domain.sizing.settings import SizingRule, SizingSettings

MARGIN_STEP = Decimal("1e-8")
"""Margins are rounded up to a multiple of this amount, in quote currency."""

CUT_TO_MAX_RISK = "CUT_TO_MAX_RISK"
"""The reason of a size that is cut to `risk.max_risk_per_trade`."""

_TWO = Decimal(2)


class Funds(Struct, frozen=True, gc=False):
    """The funds that an entry is sized against, in quote currency.

    `spendable` is the limit on the margin and fees of one more entry; `leverage` is the largest ratio of its notional
    to its margin.
    """

    balance: Decimal
    spendable: Decimal
    leverage: Decimal


class Sized(Struct, frozen=True, gc=False, kw_only=True):
    """`wanted` is the quantity by the rule and the instrument's bounds, `quantity` the part of it that the funds cover.

    Both are multiples of the lot, in base currency; a quantity too small to be traded is zero. `reasons` state why
    `wanted` is less than the rule's quantity, `cuts` why `quantity` is less than `wanted`.
    """

    wanted: Decimal
    quantity: Decimal
    reasons: tuple[str, ...]
    cuts: tuple[str, ...]


def size(
    settings: SizingSettings,
    instrument: Instrument,
    entry: Decimal,
    stop: Decimal,
    funds: Funds,
    most_risk: Decimal | None = None,
    *,
    share: Decimal = ONE,
) -> Sized:
    """The size of an entry at `entry` with a protective stop at `stop` (prices in quote currency, above zero).

    It is `share` of the rule's quantity, but for the rule MINIMUM, because a share of it cannot be traded. Its loss at
    the stop, before fees, is at most `most_risk` (quote currency); None cuts nothing.
    """
    ruled = _part(settings, RULES[settings.rule](settings, instrument, entry, stop, funds), share)
    return _cut(instrument, entry, funds, *within_risk(ruled, distance(entry, stop), most_risk))


def _part(settings: SizingSettings, quantity: Decimal, share: Decimal) -> Decimal:
    """The quantity itself where the share is 1: a product may have more digits than the quantity."""
    if share == 1 or settings.rule is SizingRule.MINIMUM:
        return quantity
    return EXACT.multiply(quantity, share)


def within_risk(
    quantity: Decimal, loss: Decimal, most_risk: Decimal | None
) -> tuple[Decimal, tuple[str, ...]]:
    """The part of the quantity that loses at most `most_risk` where one unit loses `loss`, and the reason of a cut.

    Both are in quote currency; None cuts nothing. The part is not rounded to the lot.
    """
    if most_risk is None or EXACT.multiply(quantity, loss) <= most_risk:
        return quantity, ()
    return FLOOR.divide(max(most_risk, ZERO), loss), (CUT_TO_MAX_RISK,)


def size_addition(
    settings: SizingSettings,
    instrument: Instrument,
    entry: Decimal,
    stop: Decimal,
    funds: Funds,
    *,
    share: Decimal,
    room: Decimal,
) -> Sized:
    """The size of an addition to a position: `share` of the rule's quantity, at most `room` (base currency).

    Other parameters are as in `size`; `stop` is the position's. By the rule MINIMUM the addition is the least quantity
    as well, because a share of it cannot be traded.
    """
    whole = RULES[settings.rule](settings, instrument, entry, stop, funds)
    ruled = whole if settings.rule is SizingRule.MINIMUM else EXACT.multiply(whole, share)
    reasons = ("CUT_TO_RISK_LEFT",) if ruled > room else ()
    return _cut(instrument, entry, funds, min(ruled, room), reasons)


def _cut(
    instrument: Instrument, entry: Decimal, funds: Funds, ruled: Decimal, before: tuple[str, ...] = ()
) -> Sized:
    wanted, reasons = _tradable(instrument, entry, ruled, instrument.max_quantity, "CUT_TO_MAX_QUANTITY")
    carried = _carried(instrument, entry, funds)
    quantity, cuts = _tradable(instrument, entry, wanted, carried, "CUT_TO_MARGIN")
    return Sized(wanted=wanted, quantity=quantity, reasons=before + reasons, cuts=cuts if wanted else ())


def size_grid(
    settings: SizingSettings,
    instrument: Instrument,
    grid: Grid,
    stop: Decimal,
    funds: Funds,
    most_risk: Decimal | None = None,
    *,
    share: Decimal = ONE,
) -> Sized:
    """The size of all levels of a grid together, `share` of the rule's; each level has an equal part of it.

    The rules RISK and KELLY are applied to the loss of all levels at the stop, fees included, as `most_risk` is;
    PERCENT is applied to their notional, FIXED to their quantity, and MINIMUM to each level. Bounds of the instrument
    apply to the order of one level, that of the notional at the lowest price.
    """
    levels = prices(grid)
    unit = _Unit(
        levels=Decimal(len(levels)), cost=total(levels), loss=worst_loss(grid, stop, instrument.taker_fee)
    )
    lowest = min(levels)
    ruled = _part(settings, GRID_RULES[settings.rule](settings, instrument, lowest, unit, funds), share)
    within, before = within_risk(ruled, unit.loss, most_risk)
    wanted, reasons = _tradable(instrument, lowest, within, instrument.max_quantity, "CUT_TO_MAX_QUANTITY")
    carried = _carried(instrument, unit.cost, funds)
    quantity, cuts = _tradable(instrument, lowest, wanted, carried, "CUT_TO_MARGIN")
    return Sized(
        wanted=EXACT.multiply(wanted, unit.levels),
        quantity=EXACT.multiply(quantity, unit.levels),
        reasons=before + reasons,
        cuts=cuts if wanted else (),
    )


class _Unit(Struct, frozen=True, gc=False):
    """One unit of the base currency in each level of a grid.

    `cost` is the sum of the levels' prices, `loss` what is lost if all are stopped, fees included (quote currency).
    """

    levels: Decimal
    cost: Decimal
    loss: Decimal


def _grid_fixed(
    settings: SizingSettings, _instrument: Instrument, _lowest: Decimal, unit: _Unit, _funds: Funds
) -> Decimal:
    return FLOOR.divide(settings.quantity, unit.levels)


def _grid_percent(
    settings: SizingSettings, _instrument: Instrument, _lowest: Decimal, unit: _Unit, funds: Funds
) -> Decimal:
    return FLOOR.divide(EXACT.multiply(funds.balance, settings.percent), unit.cost)


def _grid_risk(
    settings: SizingSettings, _instrument: Instrument, _lowest: Decimal, unit: _Unit, funds: Funds
) -> Decimal:
    return FLOOR.divide(EXACT.multiply(funds.balance, settings.risk), unit.loss)


def _grid_minimum(
    _settings: SizingSettings, instrument: Instrument, lowest: Decimal, _unit: _Unit, _funds: Funds
) -> Decimal:
    return least(instrument, lowest)


GRID_RULES: Mapping[SizingRule, Callable[[SizingSettings, Instrument, Decimal, _Unit, Funds], Decimal]] = {
    SizingRule.FIXED: _grid_fixed,
    SizingRule.PERCENT: _grid_percent,
    SizingRule.RISK: _grid_risk,
    SizingRule.MINIMUM: _grid_minimum,
    SizingRule.KELLY: _grid_risk,
}
"""The function that computes each rule's quantity of one level of a grid, before lot, bounds and margin are applied.

The parameters are settings, instrument, the lowest price, a unit of each level, and the funds.
"""


def named(instrument: Instrument, entry: Decimal, quantity: Decimal) -> Sized:
    """A given quantity, neither cut nor rounded; `wanted` is 0 if the instrument does not allow the quantity."""
    fault = _fault(instrument, entry, quantity)
    return Sized(
        wanted=ZERO if fault else quantity, quantity=quantity, reasons=(fault,) if fault else (), cuts=()
    )


def margin_required(instrument: Instrument, quantity: Decimal, price: Decimal, leverage: Decimal) -> Decimal:
    """Initial margin and the taker fees in and out, in quote currency, rounded up to 1e-8.

    quantity·price / leverage + 2·quantity·price·fee
    """
    notional = EXACT.multiply(quantity, price)
    fees = EXACT.multiply(EXACT.multiply(notional, instrument.taker_fee), _TWO)
    return round_up(CEILING.add(CEILING.divide(notional, leverage), fees), MARGIN_STEP)


def leverage_of(instrument: Instrument, account_leverage: Decimal) -> Decimal:
    """The smaller of the account's leverage and the instrument's maximum."""
    return min(account_leverage, instrument.max_leverage)


def least(instrument: Instrument, price: Decimal) -> Decimal:
    """The least quantity that the instrument's bounds of quantity and notional permit at this price, in whole lots."""
    by_notional = CEILING.divide(instrument.min_notional, price)
    return round_up(max(instrument.min_quantity, by_notional, instrument.lot), instrument.lot)


def _fixed(
    settings: SizingSettings, _instrument: Instrument, _entry: Decimal, _stop: Decimal, _funds: Funds
) -> Decimal:
    return settings.quantity


def _percent(
    settings: SizingSettings, _instrument: Instrument, entry: Decimal, _stop: Decimal, funds: Funds
) -> Decimal:
    return FLOOR.divide(EXACT.multiply(funds.balance, settings.percent), entry)


def _minimum(
    _settings: SizingSettings, instrument: Instrument, entry: Decimal, _stop: Decimal, _funds: Funds
) -> Decimal:
    return least(instrument, entry)


def _risk(
    settings: SizingSettings, _instrument: Instrument, entry: Decimal, stop: Decimal, funds: Funds
) -> Decimal:
    """balance·risk / |entry - stop|; 0 where the distance is 0."""
    apart = distance(entry, stop)
    return FLOOR.divide(EXACT.multiply(funds.balance, settings.risk), apart) if apart else ZERO


RULES: Mapping[SizingRule, Callable[[SizingSettings, Instrument, Decimal, Decimal, Funds], Decimal]] = {
    SizingRule.FIXED: _fixed,
    SizingRule.PERCENT: _percent,
    SizingRule.RISK: _risk,
    SizingRule.MINIMUM: _minimum,
    SizingRule.KELLY: _risk,
}
"""The function that computes each rule's quantity, in base currency, before lot, bounds and margin are applied.

The parameters are settings, instrument, entry, stop and funds. For KELLY `domain/sizing/kelly.py` has computed `risk`.
"""


def _carried(instrument: Instrument, entry: Decimal, funds: Funds) -> Decimal:
    """The quantity whose `margin_required` the spendable funds cover.

    spendable·leverage / (entry + 2·entry·fee·leverage), rounded once
    """
    spendable = round_down(max(funds.spendable, ZERO), MARGIN_STEP)
    fees = EXACT.multiply(EXACT.multiply(EXACT.multiply(entry, instrument.taker_fee), _TWO), funds.leverage)
    return FLOOR.divide(EXACT.multiply(spendable, funds.leverage), EXACT.add(entry, fees))


def _tradable(
    instrument: Instrument, entry: Decimal, quantity: Decimal, most: Decimal, cut: str
) -> tuple[Decimal, tuple[str, ...]]:
    reasons = (cut,) if quantity > most else ()
    rounded = round_down(max(min(quantity, most), ZERO), instrument.lot)
    fault = _too_small(instrument, entry, rounded)
    return (ZERO, (*reasons, fault)) if fault else (rounded, reasons)


def _fault(instrument: Instrument, entry: Decimal, quantity: Decimal) -> str:
    if quantity > instrument.max_quantity:
        return "ABOVE_MAX_QUANTITY"
    return _too_small(instrument, entry, quantity)


def _too_small(instrument: Instrument, entry: Decimal, quantity: Decimal) -> str:
    if quantity <= 0 or quantity < instrument.min_quantity:
        return "BELOW_MIN_QUANTITY"
    return "BELOW_MIN_NOTIONAL" if EXACT.multiply(quantity, entry) < instrument.min_notional else ""
