"""The recording of order books: a backtest feeds candles and readings to an engine, and books and trades to its
exchange."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from commands.input_tape import Taped
from commands.inputs import MarketMoved
from domain.book.readings import ReadingMaker
from domain.candle import Candle
from infra.recording.market import RecordedMarket
from infra.recording.moments import Moment
from infra.run.book_backtest import MOMENT
from infra.run.candle_recording import NO_CANDLES, candle_recording
from infra.run.live_books import with_books
from infra.run.plan import Plan
from infra.run.recording import FilledBy, Recording


def book_recording(plan: Plan, market: RecordedMarket, warming: Sequence[Candle] = NO_CANDLES) -> Recording:
    """The recording of a plan whose candles are those of the market; for `warming` see `candle_recording`.

    Readings are made as in a live run: by `[trading.book]`, and with figures and suspicions of the instruments whose
    books the run reads (`with_books`). Those of the others have the levels alone, for prices and times without a book.

    Candles are fed at the moment in which they were received. What was received before the plan begins builds the
    books, and what was received after its last candle is left out.
    """
    candles, book = candle_recording(plan, warming), plan.settings.book_readings
    names = [tape.instrument for tape in plan.tapes]
    analysed = frozenset(with_books(names, plan.instances, plan.settings))
    ends = max(market.known_at(tape.instrument, tape.candles[-1].open_time) for tape in plan.tapes)

    def inputs() -> Iterator[Taped]:
        makers = [
            ReadingMaker(
                tape.instrument,
                book.levels,
                book.period,
                book.confirms_after,
                analyses=tape.instrument in analysed,
            )
            for tape in plan.tapes
        ]
        return _with_moments(candles.inputs(), market.moments(makers, plan.begins), market)

    return replace(
        candles,
        inputs=inputs,
        total=(ends - plan.begins) // MOMENT,
        filled_by=FilledBy.BOOKS,
        tape=f"{candles.tape} filled by books {market.identity}",
    )


def _with_moments(
    inputs: Iterator[Taped], moments: Iterator[Moment], market: RecordedMarket
) -> Iterator[Taped]:
    """What precedes the market, then moments and candles by when they were received."""
    closed = list[Candle]()
    for given in inputs:
        if isinstance(given, MarketMoved):
            closed += (one for one in given.events if isinstance(one, Candle))
        else:
            yield given
    waiting = next(moments, None)
    for at, candles in by_receipt(closed, market):
        while waiting is not None and waiting.at <= at:
            yield MarketMoved(waiting.at, (*waiting.market, *waiting.readings))
            waiting = next(moments, None)
        yield MarketMoved(at, candles)


def by_receipt(
    candles: Sequence[Candle], market: RecordedMarket
) -> Iterator[tuple[datetime, tuple[Candle, ...]]]:
    """The candles that were known at each time: one that is known late delays no other instrument's."""

    def known_at(one: Candle) -> datetime:
        return market.known_at(one.instrument, one.open_time)

    for at, known in groupby(sorted(candles, key=known_at), key=known_at):
        yield at, tuple(known)
