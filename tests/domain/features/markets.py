"""Random markets of two instruments, and rows of their features at some of the closes."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from domain.candle import Candle
from domain.features.feature_set import FeatureRow
from domain.features.reader import FeatureReader
from domain.portfolio import EMPTY
from domain.signal import SignalDetected
from tests.domain.history import BTC, ETH, D, a_signal
from tests.domain.tapes import traded, walk
from tests.replacing import replace

Tapes = Mapping[str, Sequence[Candle]]
Rows = Callable[[Tapes, Sequence[datetime]], Sequence[FeatureRow]]
"""Computes the row of ETH at each of the times, which are in order, from tapes that also have later candles."""


def a_market(seed: int, length: int, gaps: float = 0.0) -> Tapes:
    """Candles of five minutes of BTC and ETH, with seeded volumes; `gaps` is the part of missing candles."""
    draw = random.Random(seed)

    def tape(instrument: str, number: int) -> Sequence[Candle]:
        candles = traded(walk(number, length, start=1_000.0, swing=0.003), number)
        return [replace(one, instrument=instrument) for one in candles if draw.random() >= gaps]

    return {BTC: tape(BTC, 2 * seed), ETH: tape(ETH, 2 * seed + 1)}


def in_order(tapes: Tapes) -> Sequence[Candle]:
    """All candles by the time of their close."""
    return sorted(
        (one for tape in tapes.values() for one in tape), key=lambda one: (one.close_time, one.instrument)
    )


def a_signal_at(tapes: Tapes, at: datetime, instrument: str = ETH) -> SignalDetected:
    """A signal of the instrument at its last close before `at`, or with it."""
    price = [one.close for one in tapes[instrument] if one.close_time <= at][-1]
    return a_signal(
        instrument=instrument,
        candle_closed_at=at,
        price=price,
        stop=price * D("0.99"),
        target=price * D("1.03"),
    )


def rows_read(tapes: Tapes, times: Sequence[datetime]) -> Sequence[FeatureRow]:
    """As `Rows`, by the reader: each row after the candles that closed by then."""
    reader, found, waiting = FeatureReader(), list[FeatureRow](), list(times)
    for candle in [*in_order(tapes), None]:
        while waiting and (candle is None or candle.close_time > waiting[0]):
            at = waiting.pop(0)
            found.append(reader.row(a_signal_at(tapes, at), at, EMPTY))
        if candle is not None:
            reader.take(candle)
    return found


def another_future(tapes: Tapes, after: datetime, seed: int) -> Tapes:
    """The tapes with all candles that close after this time shuffled and scaled; some are left out."""
    draw = random.Random(seed)
    return {name: [*_known(tape, after), *_shuffled(tape, after, draw)] for name, tape in tapes.items()}


def _known(tape: Sequence[Candle], until: datetime) -> Sequence[Candle]:
    return [one for one in tape if one.close_time <= until]


def _shuffled(tape: Sequence[Candle], after: datetime, draw: random.Random) -> Sequence[Candle]:
    later = [one for one in tape if one.close_time > after]
    times = [one.open_time for one in later]
    draw.shuffle(later)
    scale = D(draw.choice(["0.5", "1.7"]))
    return [
        replace(
            one,
            open_time=at,
            open=one.open * scale,
            high=one.high * scale,
            low=one.low * scale,
            close=one.close * scale,
            volume=one.volume * 9,
        )
        for at, one in zip(times, later, strict=True)
        if draw.random() > 0.1
    ]


FIVE = timedelta(minutes=5)
