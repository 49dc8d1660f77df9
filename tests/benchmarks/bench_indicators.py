"""The cost of a candle: the whole trend strategy, and each of its indicators.

Run alone: `python -m tests.benchmarks.bench_indicators`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

from domain.candle import Candle
from domain.indicators import Adx, Atr, Ema, Rsi
from domain.strategies import Proposal
from domain.strategies.trend import TrendFollowing
from tests.benchmarks.figure import Figure
from tests.domain.tapes import walk

_TAPES = 3
_CANDLES = 25_920
_TURNS = 3


def run() -> Sequence[Figure]:
    """The best of three measurements on seeded random walks: three symbols, 90 days of five-minute candles each."""
    tapes = [walk(seed, _CANDLES) for seed in range(_TAPES)]
    bars = [[(float(c.high), float(c.low), float(c.close)) for c in tape] for tape in tapes]
    return [*_of_the_strategy(tapes), *_of_the_indicators(bars)]


def _of_the_strategy(tapes: Sequence[Sequence[Candle]]) -> list[Figure]:
    candles = _TAPES * _CANDLES
    watched = _best(lambda: [_watch(tape) for tape in tapes])
    scanned = _best(lambda: [TrendFollowing().scan(tape) for tape in tapes])
    proposals = sum(proposal is not None for tape in tapes for proposal in TrendFollowing().scan(tape))
    note = f"{candles:,} candles, {proposals:,} proposals"
    return [
        Figure("trend: candle by candle", watched / candles * 1e6, "µs/candle", 8.0, note),
        Figure("trend: the three tapes, candle by candle", watched, "s", 0.7, note),
        Figure("trend: one pass", scanned / candles * 1e6, "µs/candle", None, note),
    ]


def _of_the_indicators(bars: Sequence[Sequence[tuple[float, float, float]]]) -> list[Figure]:
    return [
        Figure(f"{name}: update", _best(loop, bars) / (_TAPES * _CANDLES) * 1e6, "µs/bar", None, "floats in")
        for name, loop in _LOOPS.items()
    ]


def _watch(tape: Sequence[Candle]) -> list[Proposal | None]:
    on_candle = TrendFollowing().watch().on_candle
    return [on_candle(candle) for candle in tape]


def _closes(
    make: Callable[[], Ema | Rsi],
) -> Callable[[Sequence[Sequence[tuple[float, float, float]]]], None]:
    def loop(tapes: Sequence[Sequence[tuple[float, float, float]]]) -> None:
        for tape in tapes:
            update = make().update
            for _, _, close in tape:
                update(close)

    return loop


def _whole_bars(
    make: Callable[[], Atr | Adx],
) -> Callable[[Sequence[Sequence[tuple[float, float, float]]]], None]:
    def loop(tapes: Sequence[Sequence[tuple[float, float, float]]]) -> None:
        for tape in tapes:
            update = make().update
            for high, low, close in tape:
                update(high, low, close)

    return loop


_LOOPS = {
    "EMA": _closes(lambda: Ema(20)),
    "RSI": _closes(lambda: Rsi(14)),
    "ATR": _whole_bars(lambda: Atr(14)),
    "ADX": _whole_bars(lambda: Adx(14)),
}


def _best(measured: Callable[..., object], *given: object) -> float:
    return min(_seconds(measured, *given) for _ in range(_TURNS))


def _seconds(measured: Callable[..., object], *given: object) -> float:
    started = perf_counter()
    measured(*given)
    return perf_counter() - started


if __name__ == "__main__":
    for figure in run():
        limit = "" if figure.limit is None else f"  (limit {figure.limit:g})"
        print(f"{figure.name:42} {figure.value:8.3f} {figure.unit:10}{limit}  {figure.note}")
