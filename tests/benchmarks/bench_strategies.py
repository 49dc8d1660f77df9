"""The cost of a candle for each built-in strategy and each detector, in CPU time, and for a hundred instruments.

Run alone: `python -m tests.benchmarks.bench_strategies`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import process_time

from domain.candle import Candle
from domain.scanning import ExplosionDetector, ExplosionLimits, MomentumDetector, MomentumLimits
from domain.strategies.builtin import BUILTIN
from tests.benchmarks.figure import Figure
from tests.domain.strategies.nimble import ON_CANDLES
from tests.domain.tapes import FIVE_MINUTES, traded, walk

_CANDLES = 25_920
_INSTRUMENTS = 100
_SHORT = 600
_TURNS = 3


def run() -> Sequence[Figure]:
    """The best of three measurements on seeded random walks of five-minute candles with volumes."""
    tape = traded(walk(1, _CANDLES), 1)
    return [
        *(row for name in ON_CANDLES for row in _of_strategy(name, tape)),
        *_of_detectors(tape),
        of_many_instruments(),
    ]


def _of_strategy(name: str, tape: Sequence[Candle]) -> list[Figure]:
    strategy = BUILTIN[name]({})
    watched = _best(lambda: _each(strategy.watch().on_candle, tape))
    scanned = _best(lambda: strategy.scan(tape))
    note = f"{len(tape):,} candles, {sum(one is not None for one in strategy.scan(tape)):,} proposals"
    return [
        Figure(f"{name}: candle by candle", watched / len(tape) * 1e6, "µs/candle", 30.0, note),
        Figure(f"{name}: one pass", scanned / len(tape) * 1e6, "µs/candle", None, note),
    ]


def _of_detectors(tape: Sequence[Candle]) -> list[Figure]:
    bars = [(float(one.high), float(one.low), float(one.close), float(one.volume)) for one in tape]

    def momentum() -> None:
        update = MomentumDetector(MomentumLimits(), FIVE_MINUTES).update
        for _, _, close, volume in bars:
            update(close, volume)

    def explosion() -> None:
        update = ExplosionDetector(ExplosionLimits()).update
        for bar in bars:
            update(*bar)

    return [
        Figure(f"{name}: update", _best(loop) / len(bars) * 1e6, "µs/bar", 5.0, "floats in")
        for name, loop in (("momentum detector", momentum), ("explosion detector", explosion))
    ]


def of_many_instruments() -> Figure:
    """The candles that every strategy reads in a second, of a hundred instruments in time order."""
    tapes = [traded(walk(seed, _SHORT), seed) for seed in range(_INSTRUMENTS)]
    took = _best(lambda: _all_at_once(tapes))
    note = f"{len(ON_CANDLES)} strategies, {_SHORT} candles each, in time order"
    return Figure(
        f"{_INSTRUMENTS} instruments, every strategy", _INSTRUMENTS * _SHORT / took, "candles/s", None, note
    )


def _all_at_once(tapes: Sequence[Sequence[Candle]]) -> None:
    watchers = [[BUILTIN[name]({}).watch().on_candle for name in ON_CANDLES] for _ in tapes]
    for bar in range(_SHORT):
        for tape, readers in zip(tapes, watchers, strict=True):
            for read in readers:
                read(tape[bar])


def _each(read: Callable[[Candle], object], tape: Sequence[Candle]) -> None:
    for candle in tape:
        read(candle)


def _best(measured: Callable[[], object]) -> float:
    return min(_seconds(measured) for _ in range(_TURNS))


def _seconds(measured: Callable[[], object]) -> float:
    started = process_time()
    measured()
    return process_time() - started


if __name__ == "__main__":
    for figure in run():
        limit = "" if figure.limit is None else f"  (limit {figure.limit:g})"
        print(f"{figure.name:42} {figure.value:10.3f} {figure.unit:10}{limit}  {figure.note}")
