"""A change of an instrument's leverage: requested, then confirmed or refused; in between its outcome may be unknown."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import assert_never

from msgspec import Struct


class LeverageChangeRequested(Struct, frozen=True, gc=False, kw_only=True):
    """The exchange is to set `leverage` instead of `before` for an instrument without position and entry.

    `candles` closed candles of `interval_seconds` in a row had shown a step of the settings: from `from_volatility` on
    at most `step_leverage`. `leverage` is that, or the instrument's maximum where that is less. `volatility` is
    ATR/close of the last one, a fraction, which closed at `candle_closed_at` (UTC).
    """

    instrument: str
    leverage: Decimal
    before: Decimal
    step_leverage: Decimal
    from_volatility: Decimal
    volatility: float
    candles: int
    interval_seconds: int
    candle_closed_at: datetime


class LeverageChanged(Struct, frozen=True, gc=False):
    """The exchange has set the leverage, and margins of the instrument are computed with it from here on."""

    instrument: str
    leverage: Decimal
    before: Decimal


class LeverageChangeRefused(Struct, frozen=True, gc=False):
    """The leverage stays `before`; `reason` is the exchange's text, or why the request did not arrive."""

    instrument: str
    leverage: Decimal
    before: Decimal
    reason: str


class LeverageChangeUnclear(Struct, frozen=True, gc=False):
    """The request was not answered: `leverage` or `before` may be in force until a query shows it."""

    instrument: str
    leverage: Decimal
    before: Decimal
    reason: str


LeverageEvent = LeverageChangeRequested | LeverageChanged | LeverageChangeRefused | LeverageChangeUnclear


class Leverage(Struct, frozen=True, gc=False, tag=True):
    """The leverage of an instrument: `requested` is None unless a request waits for its outcome.

    `is_unclear` is whether the request was sent and not answered.
    """

    in_force: Decimal
    requested: Decimal | None = None
    is_unclear: bool = False


LeverageState = Leverage | None
"""None before the first request: the leverage is that of the account."""


def evolve(_state: LeverageState, event: LeverageEvent) -> Leverage:
    """The state after the event; every event states the leverage that was in force before its request."""
    match event:
        case LeverageChangeRequested():
            return Leverage(event.before, event.leverage)
        case LeverageChangeUnclear():
            return Leverage(event.before, event.leverage, is_unclear=True)
        case LeverageChanged():
            return Leverage(event.leverage)
        case LeverageChangeRefused():
            return Leverage(event.before)
        case _:
            assert_never(event)
