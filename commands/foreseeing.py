"""What the strategies will propose on recorded candles, by their `scan` of the whole tape.

A run that knows it need not give each candle to watchers (decision 0098). The protocol of strategies demands that
`scan` gives what a watcher gives; `whence backtest --check-lookahead` compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from commands.watching import Instance, MarketWatcher, Sighting, coarser_for, readings_for, sighting_of
from domain.candle import Candle
from domain.strategies import BookWatcher

Foreseen = Mapping[datetime, Sequence[Sighting]]
"""The proposals by the close time of the candle at which they are made, in the order of the instances."""


def foreseen(instances: Sequence[Instance], candles: Sequence[Candle]) -> Foreseen | None:
    """The proposals on these candles: all that the instances ever read of one instrument, in order.

    None where an instance cannot say, because it has no `scan`, its watcher reads the last prices or the order book,
    too, or `scan` raises or returns what no watcher may. Watchers then read each candle, and raise at theirs what they
    raise.
    """
    found: dict[datetime, Sequence[Sighting]] = {}
    for instance in instances:
        if instance.trades(candles[0].instrument):
            if not _can_say(instance):
                return None
            try:
                sighted = list(_sighted(instance, candles))
            except Exception:  # noqa: BLE001  (raised again by the watcher, at its candle)
                return None
            for closed, sighting in sighted:
                found[closed] = (*found.get(closed, ()), sighting)
    return found


def _can_say(instance: Instance) -> bool:
    strategy = instance.strategy
    if not callable(getattr(strategy, "scan", None)):
        return False
    return not isinstance(strategy.watch(), MarketWatcher | BookWatcher)


def _sighted(instance: Instance, candles: Sequence[Candle]) -> Iterator[tuple[datetime, Sighting]]:
    own, completing = _own(instance, candles)
    proposals = instance.strategy.scan(own)
    readings = readings_for(instance, candles[0].instrument, candles[0].interval)
    for candle, last, proposal in zip(own, completing, proposals, strict=True):
        if readings is not None:
            readings.take(candle)
        if proposal is not None:
            yield last.close_time, sighting_of(instance, candle, proposal, readings)


def _own(instance: Instance, candles: Sequence[Candle]) -> tuple[Sequence[Candle], Sequence[Candle]]:
    """The candles of the instance's interval, and of each the candle at whose close it is complete."""
    coarser = coarser_for(instance, candles[0].instrument, candles[0].interval)
    if coarser is None:
        return candles, candles
    own: list[Candle] = []
    completing: list[Candle] = []
    for candle in candles:
        complete = coarser.take(candle)
        own += complete
        completing += [candle] * len(complete)
    return own, completing
