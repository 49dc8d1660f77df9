"""The checks on an order's terms, and the reasons that the exchange gives for a refusal.

Codes and wording follow Bybit's for linear contracts; where its documentation gives no code, the code is 10001.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from adapters.simulated.bounds import band_bound, is_off_step, is_outside_band, is_worth_too_little
from adapters.simulated.matching import reaches
from adapters.simulated.order import level_of
from domain.arithmetic import ZERO
from domain.direction import Purpose, Side
from domain.instrument import Instrument
from domain.order import OrderPlaced, OrderType

UNKNOWN_INSTRUMENT = "10029: the requested symbol is invalid"
UNKNOWN_ORDER = "110001: order not exists or too late to cancel"
UNKNOWN_TO_AMEND = "110001: order not exists or too late to replace"
NOT_MODIFIED = "10001: order not modified"
NO_MARKET = "10001: the market has no price"
UNKNOWN_PARENT = "10001: the parent order is unknown here"
NO_POSITION = "110017: current position is zero, cannot fix reduce-only order qty"
_TRIGGER_PASSED = {
    Side.BUY: "110092: expect Rising, but trigger_price <= current",
    Side.SELL: "110093: expect Falling, but trigger_price >= current",
}


class Submission(Struct, frozen=True, gc=False, kw_only=True):
    """Terms to check against the last price `last`; `live` is false for an order whose parent has no fill yet."""

    terms: OrderPlaced
    instrument: Instrument
    last: Decimal
    band: Decimal
    reducible: Decimal
    live: bool


def objection(submission: Submission) -> str | None:
    """The reason given by the first check that refuses the terms; None where every check accepts them."""
    for check in _CHECKS_OF[submission.terms.reduce_only, submission.live]:
        reason = check(submission)
        if reason is not None:
            return reason
    return None


def too_little(terms: OrderPlaced, filled: Decimal) -> str | None:
    """The reason why an order whose filled quantity is `filled` cannot be amended to these terms; None where it can."""
    return None if terms.quantity > filled else f"10001: qty must be above what is filled, {filled}"


def too_expensive(needed: Decimal, available: Decimal) -> str | None:
    """The reason for a refusal where `needed` is above `available`; None otherwise, and where `needed` is zero."""
    if needed <= max(ZERO, available):
        return None
    return f"110007: ab not enough for new order: needs {needed:.8f}, available {available:.8f}"


def _prices_missing_or_idle(submission: Submission) -> str | None:
    given = (submission.terms.limit_price is not None, submission.terms.trigger_price is not None)
    if given == _PRICES[submission.terms.type]:
        return None
    return f"10001: a {submission.terms.type} order takes {_PRICES_DESCRIBED[submission.terms.type]}"


def _not_a_number(submission: Submission) -> str | None:
    figures = (submission.terms.quantity, submission.terms.limit_price, submission.terms.trigger_price)
    for figure in figures:
        if figure is not None and not (figure.is_finite() and figure > 0):
            return "10001: quantity and prices must be positive numbers"
    return None


def _unfit_protection(submission: Submission) -> str | None:
    terms = submission.terms
    if terms.parent is not None and not terms.reduce_only:
        return "10001: an order with a parent must be reduce-only"
    if terms.purpose is Purpose.TARGET and terms.type is OrderType.STOP:
        return "10001: a target is a LIMIT order: a stop triggers on a loss"
    return None


def _off_lot(submission: Submission) -> str | None:
    return _off_step("qty", submission.terms.quantity, submission.instrument.lot)


def _off_tick(submission: Submission) -> str | None:
    level = level_of(submission.terms)
    return None if level is None else _off_step("price", level, submission.instrument.tick)


def _too_small(submission: Submission) -> str | None:
    if submission.terms.quantity >= submission.instrument.min_quantity:
        return None
    return (
        f"10001: The number of contracts exceeds minimum limit allowed: {submission.instrument.min_quantity}"
    )


def _too_large(submission: Submission) -> str | None:
    if submission.terms.quantity <= submission.instrument.max_quantity:
        return None
    return (
        f"10001: The number of contracts exceeds maximum limit allowed: {submission.instrument.max_quantity}"
    )


def _too_cheap(submission: Submission) -> str | None:
    level = level_of(submission.terms)
    price, terms = submission.last if level is None else level, submission.terms
    if not is_worth_too_little(submission.instrument, terms.quantity, price):
        return None
    return f"110094: Order does not meet minimum order value {submission.instrument.min_notional}"


def _outside_band(submission: Submission) -> str | None:
    limit, side = submission.terms.limit_price, submission.terms.side
    if limit is None or not is_outside_band(side, limit, submission.last, submission.band):
        return None
    bound = band_bound(side, submission.last, submission.band)
    return f"110003: Order price exceeds the allowable range: {limit} against {bound}"


def _trigger_passed(submission: Submission) -> str | None:
    trigger, side = submission.terms.trigger_price, submission.terms.side
    passed = trigger is not None and reaches(side, submission.last, trigger)
    return _TRIGGER_PASSED[side] if passed else None


def _nothing_to_reduce(submission: Submission) -> str | None:
    return NO_POSITION if submission.terms.reduce_only and not submission.reducible else None


def _off_step(what: str, value: Decimal, step: Decimal) -> str | None:
    return None if not is_off_step(value, step) else f"10001: {what} {value} is not a multiple of {step}"


_PRICES = {OrderType.MARKET: (False, False), OrderType.LIMIT: (True, False), OrderType.STOP: (False, True)}
_PRICES_DESCRIBED = {
    OrderType.MARKET: "no price",
    OrderType.LIMIT: "a limit price and nothing else",
    OrderType.STOP: "a trigger price and nothing else",
}
_Check = Callable[[Submission], str | None]
_BOUNDS: frozenset[_Check] = frozenset({_too_small, _too_large, _too_cheap})
"""Reduce-only orders are exempt from these, so that any remaining position can be closed."""
_OF_MARKET: frozenset[_Check] = frozenset({_outside_band, _trigger_passed, _nothing_to_reduce})
"""The checks of a live order against the market and the position."""
# The other checks calculate with values that the first two have checked.
_CHECKS: tuple[_Check, ...] = (
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
_CHECKS_OF: Mapping[tuple[bool, bool], Sequence[_Check]] = {
    (reduce_only, live): [
        check
        for check in _CHECKS
        if not (reduce_only and check in _BOUNDS) and (live or check not in _OF_MARKET)
    ]
    for reduce_only in (False, True)
    for live in (False, True)
}
"""The checks that apply, by whether the order is reduce-only and whether it is live."""
