"""The steps and the range of a whole tape, which the guessed rules of its instrument follow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain

from adapters.tapes.tape import Tape
from domain.arithmetic import EXACT
from domain.candle import Candle
from domain.steps import TELLING, Seen, finest_step, finest_written, is_multiple


def seen_on(tape: Tape) -> Seen:
    """The finest steps of all prices and volumes of the tape, with its lowest and highest price."""
    candles = tape.candles
    volumes = [candle.volume for candle in candles if candle.volume]
    return Seen(
        tick=finest_step(_prices(candles)),
        written=None if _tell(candles) else finest_written(_prices(candles)),
        lot=finest_step(volumes) if volumes else None,
        lowest=min(candle.low for candle in candles),
        highest=max(candle.high for candle in candles),
    )


def first_unfit(candles: Sequence[Candle], tick: Decimal, start: int = 0) -> int | None:
    """The index, from `start` on, of the first candle with a price that is no multiple of the tick, apart from noise.

    None where there is no such candle.
    """
    remainder = EXACT.remainder
    for index in range(start, len(candles)):
        candle = candles[index]
        for price in (candle.open, candle.high, candle.low, candle.close, candle.bid, candle.ask):
            if price is not None and remainder(price, tick) and not is_multiple(price, tick):
                return index
    return None


def _prices(candles: Sequence[Candle]) -> Iterator[Decimal]:
    for candle in candles:
        yield candle.open
        yield candle.high
        yield candle.low
        yield candle.close
    yield from (price for price in _quotes(candles) if price is not None)


def _quotes(candles: Iterable[Candle]) -> Iterator[Decimal | None]:
    return chain.from_iterable((candle.bid, candle.ask) for candle in candles)


def _tell(candles: Sequence[Candle]) -> bool:
    different: set[Decimal] = set()
    for candle in candles:
        different.update((candle.open, candle.high, candle.low, candle.close))
        if len(different) >= TELLING:
            return True
    return False
