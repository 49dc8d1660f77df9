"""What an order has to satisfy to be let in, and what the exchange says if it does not.

Codes and words follow Bybit's for linear contracts; where its documentation gives no code, it answers 10001.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from adapters.simulated.matching import reaches
from adapters.simulated.order import level_of
from domain.arithmetic import ONE, ZERO
from domain.direction import Purpose, Side
from domain.instrument import Instrument
from domain.order import OrderPlaced, OrderType

UNKNOWN_INSTRUMENT = "10029: the requested symbol is invalid"
UNKNOWN_ORDER = "110001: order not exists or too late to cancel"
UNKNOWN_TO_AMEND = "110001: order not exists or too late to replace"
NOT_MODIFIED = "10001: order not modified"
UNKNOWN_PARENT = "10001: the parent order is unknown here"
NO_POSITION = "110017: current position is zero, cannot fix reduce-only order qty"
_TRIGGER_PASSED = {
    Side.BUY: "110092: expect Rising, but trigger_price <= current",
    Side.SELL: "110093: expect Falling, but trigger_price >= current",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Terms to be judged when the market trades at `last`; `live` is false for what sleeps until its parent fills."""

    terms: OrderPlaced
    instrument: Instrument
    last: Decimal
    band: Decimal
    reducible: Decimal
    live: bool


def objection(asked: Asked) -> str | None:
    """The first reason not to let it in; None: it is welcome."""
    return next((reason for check in _CHECKS if (reason := check(asked)) is not None), None)


def too_little(terms: OrderPlaced, filled: Decimal) -> str | None:
    """Why an order that has filled so much cannot be amended to these terms; None: it can."""
    return None if terms.quantity > filled else f"10001: qty must be above what is filled, {filled}"


def too_expensive(needed: Decimal, available: Decimal) -> str | None:
    """Why the balance does not carry what is needed; None: it does, or nothing is needed."""
    if needed <= max(ZERO, available):
        return None
    return f"110007: ab not enough for new order: needs {needed:.8f}, available {available:.8f}"


def _prices_missing_or_idle(asked: Asked) -> str | None:
    given = (asked.terms.limit_price is not None, asked.terms.trigger_price is not None)
    if given == _PRICES[asked.terms.type]:
        return None
    return f"10001: a {asked.terms.type} order takes {_PRICES_TOLD[asked.terms.type]}"


def _not_a_number(asked: Asked) -> str | None:
    figures = (asked.terms.quantity, asked.terms.limit_price, asked.terms.trigger_price)
    fits = all(figure is None or (figure.is_finite() and figure > 0) for figure in figures)
    return None if fits else "10001: quantity and prices must be positive numbers"


def _unfit_protection(asked: Asked) -> str | None:
    terms = asked.terms
    if terms.parent is not None and not terms.reduce_only:
        return "10001: an order with a parent must be reduce-only"
    if terms.purpose is Purpose.TARGET and terms.type is OrderType.STOP:
        return "10001: a target is a LIMIT order: a stop triggers on a loss"
    return None


def _off_lot(asked: Asked) -> str | None:
    return _off_step("qty", asked.terms.quantity, asked.instrument.lot)


def _off_tick(asked: Asked) -> str | None:
    level = level_of(asked.terms)
    return None if level is None else _off_step("price", level, asked.instrument.tick)


def _too_small(asked: Asked) -> str | None:
    if asked.terms.reduce_only or asked.terms.quantity >= asked.instrument.min_quantity:
        return None
    return f"10001: The number of contracts exceeds minimum limit allowed: {asked.instrument.min_quantity}"


def _too_large(asked: Asked) -> str | None:
    if asked.terms.reduce_only or asked.terms.quantity <= asked.instrument.max_quantity:
        return None
    return f"10001: The number of contracts exceeds maximum limit allowed: {asked.instrument.max_quantity}"


def _too_cheap(asked: Asked) -> str | None:
    level = level_of(asked.terms)
    value = asked.terms.quantity * (asked.last if level is None else level)
    if asked.terms.reduce_only or value >= asked.instrument.min_notional:
        return None
    return f"110094: Order does not meet minimum order value {asked.instrument.min_notional}"


def _outside_band(asked: Asked) -> str | None:
    limit, side = asked.terms.limit_price, asked.terms.side
    if limit is None or not asked.live:
        return None
    bound = asked.last * (ONE + asked.band if side is Side.BUY else ONE - asked.band)
    if reaches(side.opposite, limit, bound):
        return None
    return f"110003: Order price exceeds the allowable range: {limit} against {bound}"


def _trigger_passed(asked: Asked) -> str | None:
    trigger, side = asked.terms.trigger_price, asked.terms.side
    passed = asked.live and trigger is not None and reaches(side, asked.last, trigger)
    return _TRIGGER_PASSED[side] if passed else None


def _nothing_to_reduce(asked: Asked) -> str | None:
    idle = asked.live and asked.terms.reduce_only and not asked.reducible
    return NO_POSITION if idle else None


def _off_step(what: str, value: Decimal, step: Decimal) -> str | None:
    return None if value % step == 0 else f"10001: {what} {value} is not a multiple of {step}"


_PRICES = {OrderType.MARKET: (False, False), OrderType.LIMIT: (True, False), OrderType.STOP: (False, True)}
_PRICES_TOLD = {
    OrderType.MARKET: "no price",
    OrderType.LIMIT: "a limit price and nothing else",
    OrderType.STOP: "a trigger price and nothing else",
}
# The first two make sure that the others can calculate. Reduce-only orders are free of the bounds on quantity and
# value: whatever is left of a position can always be closed.
_CHECKS: tuple[Callable[[Asked], str | None], ...] = (
    _prices_missing_or_idle,
    _not_a_number,
    _unfit_protection,
    _off_lot,
    _off_tick,
    _too_small,
    _too_large,
    _too_cheap,
    _outside_band,
    _trigger_passed,
    _nothing_to_reduce,
)
