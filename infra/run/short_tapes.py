"""Notes on tapes from which a strategy cannot signal: they end too early, or it reads order books."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice

from adapters.tapes import Tape
from commands.watching import Instance, coarser_for
from domain.candle import Candle, interval_name
from domain.errors import StrategyFailed
from domain.strategies import BookWatcher, WarmedUp
from infra.run.candle_recording import NO_CANDLES
from infra.run.plan import Plan


def warm_up_notes(plan: Plan, warming: Sequence[Candle] = NO_CANDLES) -> Iterator[str]:
    """A sentence for each strategy and instrument with fewer candles, those of `warming` included, than the strategy
    reads before its first proposal, and for each that reads the order book. A strategy on candles that does not state
    how many it reads (`WarmedUp`) has none.

    Raises StrategyFailed where a strategy raises.
    """
    for instance in plan.instances:
        if _reads_books(instance):
            yield (
                f"strategy {instance.id} reads the order book and proposes nothing at candles: it signals only at "
                "readings of a book"
            )
            continue
        for tape in plan.tapes:
            if instance.trades(tape.instrument):
                yield from _of_tape(instance, tape, warming)


def _reads_books(instance: Instance) -> bool:
    strategy = instance.strategy
    try:
        return isinstance(strategy.watch(), BookWatcher) and not isinstance(strategy, WarmedUp)
    except Exception as fault:
        raise StrategyFailed(
            f"strategy {strategy.name} failed in watch: {type(fault).__name__}: {fault}"
        ) from fault


def _of_tape(instance: Instance, tape: Tape, warming: Sequence[Candle]) -> Iterator[str]:
    interval = instance.interval or tape.interval
    needed = _needed(instance, interval)
    before = (one for one in warming if one.instrument == tape.instrument)
    present = sum(1 for _ in islice(_read(instance, tape, (*before, *tape.candles)), needed))
    if present < needed:
        yield (
            f"strategy {instance.id} cannot signal on {tape.instrument}: it needs at least {needed:,} candles of "
            f"{interval_name(interval)} before its first signal, and there are {present:,}"
        )


def _needed(instance: Instance, interval: timedelta) -> int:
    strategy = instance.strategy
    if not isinstance(strategy, WarmedUp):
        return 0
    try:
        return strategy.warm_up(interval)
    except Exception as fault:
        raise StrategyFailed(
            f"strategy {strategy.name} failed in warm_up: {type(fault).__name__}: {fault}"
        ) from fault


def _read(instance: Instance, tape: Tape, candles: Sequence[Candle]) -> Iterator[Candle]:
    """The candles of the instance's own interval."""
    coarser = coarser_for(instance, tape.instrument, tape.interval)
    for one in candles:
        if coarser is None:
            yield one
        else:
            yield from coarser.take(one)
