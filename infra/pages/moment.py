"""The moment of an explanation: what its candle chart shows, per instrument."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from domain.candle import Candle, interval_name
from domain.coarser import CoarserCandles
from domain.direction import Purpose, Side
from domain.order import OrderFilled
from infra.pages.candle_chart import CandleChart, Execution, Level, Role
from projections.explained.decisions import ExplainedDecision
from projections.explained.explained import Explained
from projections.explained.positions import ExplainedPosition
from projections.sentences import plain

_BEFORE, _AFTER = 48, 24
_MOST = 150
"""The most candles that one chart shows; more are joined into coarser ones."""
_COARSER = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 120, 240, 720, 1_440, 10_080))
_USUAL = timedelta(minutes=5)


class Moment(NamedTuple):
    """One instrument of the explanation: the time that its chart shows, and what is drawn over the candles."""

    instrument: str
    interval: timedelta | None
    begin: datetime
    end: datetime
    levels: Sequence[Level]
    executions: Sequence[Execution]

    def chart(self, candles: Sequence[Candle]) -> CandleChart:
        """The chart of these candles, which are joined where they are too many to be read."""
        shown = joined(candles)
        kind = f"{self.instrument}, {_name(shown)} candles, UTC"
        return CandleChart(kind, shown, self.levels, self.executions)


def moments_of(facts: Explained) -> Sequence[Moment]:
    """One for each instrument with a signal, an execution or a position, in the order in which they first occur."""
    names = dict.fromkeys(
        [one.signal.instrument for one in facts.decisions]
        + [one.instrument for one in facts.positions]
        + [one.terms.instrument for one in facts.orders]
    )
    return [moment for name in names if (moment := _moment(facts, name)) is not None]


def _moment(facts: Explained, instrument: str) -> Moment | None:
    decisions = [one for one in facts.decisions if one.signal.instrument == instrument]
    positions = [one for one in facts.positions if one.instrument == instrument]
    executions = list(_executions(facts, instrument))
    times = [one.signal.candle_closed_at for one in decisions] + [one.at for one in executions]
    times += [at for one in positions for at in (one.opened_at, one.closed_at) if at is not None]
    if not times:
        return None
    interval = timedelta(seconds=decisions[0].signal.interval_seconds) if decisions else None
    step = interval or _USUAL
    first, last = min(times), max(times)
    end = last + _AFTER * step
    levels = [level for one in positions for level in _held(one, end)]
    if not positions:
        levels = [level for one in decisions for level in _proposed(one, end)]
    return Moment(instrument, interval, first - _BEFORE * step, end, levels, executions)


def _executions(facts: Explained, instrument: str) -> Iterator[Execution]:
    for order in facts.orders:
        if order.terms.instrument != instrument:
            continue
        role = Role.ENTRY if order.terms.purpose is Purpose.ENTRY else Role.EXIT
        for fill in order.fills:
            event = fill.envelope.event
            assert isinstance(event, OrderFilled)
            note = f"{order.terms.side} {plain(event.quantity)} at {plain(event.price)}"
            at = fill.envelope.meta.occurred_at
            yield Execution(role, event.price, at, order.terms.side is Side.BUY, note)


def _held(one: ExplainedPosition, end: datetime) -> Iterator[Level]:
    """Entry, exit, stop and target. The exit is drawn from the close on.

    A stop that was moved is drawn at each of its prices while it held.
    """
    until = one.closed_at or end
    yield Level(Role.ENTRY, one.entry, one.opened_at, until)
    if one.exit is not None:
        yield Level(Role.EXIT, one.exit, until, end)
    for n, level in enumerate(one.levels):
        moved = one.levels[n + 1].at if n + 1 < len(one.levels) else until
        for role, price in ((Role.STOP, level.stop), (Role.TARGET, level.target)):
            if price is not None:
                yield Level(role, price, level.at, moved)


def _proposed(one: ExplainedDecision, end: datetime) -> Iterator[Level]:
    signal = one.signal
    prices: Sequence[tuple[Role, Decimal]] = (
        (Role.ENTRY, signal.price),
        (Role.STOP, signal.stop),
        (Role.TARGET, signal.target),
    )
    for role, price in prices:
        yield Level(role, price, signal.candle_closed_at, end, proposed=True)


def joined(candles: Sequence[Candle]) -> Sequence[Candle]:
    """At most about `_MOST` candles, of the finest usual interval that is coarse enough."""
    if len(candles) <= _MOST:
        return candles
    finer = candles[0].interval
    span = candles[-1].close_time - candles[0].open_time
    for interval in _COARSER:
        if interval > finer and interval % finer == timedelta(0) and span / interval <= _MOST:
            join = CoarserCandles(interval)
            joined = [coarser for one in candles for coarser in join.take(one)]
            return joined or candles
    return candles


def _name(candles: Sequence[Candle]) -> str:
    return interval_name(candles[0].interval)
