"""Candles of recorded trades."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby

from adapters.tapes.gaps import gaps_in
from adapters.tapes.tape import Tape
from adapters.tapes.trade_file import TradeTape
from domain.arithmetic import EXACT, total
from domain.candle import Candle, interval_name
from domain.errors import InvalidInput
from domain.market import Trade
from domain.plain_text import counted

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def candles_of_trades(tape: TradeTape, interval: timedelta) -> Tape:
    """The candles of the trades, with intervals from midnight UTC on; a trade at a boundary belongs to the next candle.

    An interval without a trade has no candle and is a gap, as in files of candles. The intervals of the first and of
    the last trade are left out, because the recording may not hold all of their trades. `interval` divides a day.
    Raises InvalidInput where no candle is left.
    """
    by_number = groupby(tape.trades, key=lambda one: (one.at - _EPOCH) // interval)
    every = [candle_of(_EPOCH + number * interval, interval, list(trades)) for number, trades in by_number]
    found = every[1:-1]
    if not found:
        raise InvalidInput(
            f"{tape.paths[0]} has no whole candle of {interval_name(interval)}: its trades are of "
            f"{tape.trades[0].at.isoformat()} to {tape.trades[-1].at.isoformat()}, and the first and the last interval "
            "are left out"
        )
    gaps = gaps_in([one.open_time for one in found], interval)
    notes = (*tape.notes, *_gap_notes(sum(one.missing for one in gaps), interval))
    return Tape(tape.instrument, interval, tuple(found), gaps, notes, tape.paths[0])


def candle_of(opened: datetime, interval: timedelta, trades: Sequence[Trade]) -> Candle:
    """The candle of an instrument's trades in one interval, which are in order of time and at least one."""
    prices = [one.price for one in trades]
    return Candle(
        instrument=trades[0].instrument,
        interval=interval,
        open_time=opened,
        open=prices[0],
        high=max(prices),
        low=min(prices),
        close=prices[-1],
        volume=total(one.quantity for one in trades),
        turnover=total(EXACT.multiply(one.price, one.quantity) for one in trades),
    )


def _gap_notes(missing: int, interval: timedelta) -> Iterator[str]:
    if missing:
        yield f"{counted(missing, 'interval')} of {interval_name(interval)} without a trade: not filled"
