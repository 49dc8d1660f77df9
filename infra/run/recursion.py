"""The recursion check: how far the figures of a signal depend on the candle at which its strategy began to read.

An average with memory, such as an EMA, depends on all candles that it has read. For some signals of the whole tape, new
watchers read only the last 50, 100, 200 … candles before the signal, and their figures are compared at the same candle.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from operator import attrgetter

from commands.watching import Instance, Watch
from domain.candle import Candle
from domain.market import MarketView
from domain.strategies import Proposal
from infra.run.lookahead import evenly

LENGTHS = (50, 100, 200, 400, 800, 1_600)
"""The warm-ups, in candles of the strategy's interval."""
_SAMPLES = 4


@dataclass(frozen=True, slots=True)
class Dependence:
    """One figure of one strategy on one instrument: by the number of candles that were read, the largest difference
    from the figure after the whole tape, as a fraction of it.

    A difference is infinite where a sampled signal was not raised, and where a figure was 0. `samples` is the number of
    signals.
    """

    strategy: str
    instrument: str
    figure: str
    samples: int
    differences: Mapping[int, float]


def dependences(
    instances: Sequence[Instance], market: Mapping[str, Sequence[Candle]]
) -> Iterator[Dependence]:
    """The dependences of every instance and instrument with a signal that has enough candles before it."""
    merged = list(heapq.merge(*market.values(), key=attrgetter("close_time")))
    for instance in instances:
        found = proposals(instance, merged)
        for instrument in market:
            own = [one for (name, _), one in found.items() if name == instrument]
            times = [at for name, at in found if name == instrument]
            if own:
                yield from _of_one(instance, instrument, dict(zip(times, own, strict=True)), merged)


def proposals(instance: Instance, candles: Sequence[Candle]) -> Mapping[tuple[str, datetime], Proposal]:
    """The proposals of new watchers that read these candles, by instrument and close time."""
    watch, market = Watch((instance,)), MarketView()
    found: dict[tuple[str, datetime], Proposal] = {}
    for candle in candles:
        market.take(candle)
        for sighting in watch.take(candle, market):
            found[candle.instrument, sighting.at] = sighting.proposal
    return found


def _of_one(
    instance: Instance, instrument: str, whole: Mapping[datetime, Proposal], candles: Sequence[Candle]
) -> Iterator[Dependence]:
    interval = next(iter(whole.values())).interval
    begun = next(one.open_time for one in candles if one.instrument == instrument)
    lengths = [one for one in LENGTHS if any(at - one * interval >= begun for at in whole)]
    if not lengths:
        return
    able = [at for at in whole if at - lengths[-1] * interval >= begun]
    samples = evenly(able, _SAMPLES)
    differences: dict[str, dict[int, float]] = {}
    for length in lengths:
        for at in samples:
            begin = at - length * interval
            window = [one for one in candles if begin <= one.open_time and one.close_time <= at]
            part = proposals(instance, window).get((instrument, at))
            for figure, difference in _differences(whole[at], part):
                by_length = differences.setdefault(figure, {})
                by_length[length] = max(by_length.get(length, 0.0), difference)
    for figure, by_length in differences.items():
        yield Dependence(instance.id, instrument, figure, len(samples), by_length)


def _differences(whole: Proposal, part: Proposal | None) -> Iterator[tuple[str, float]]:
    """Each figure with its difference, as a fraction of that after the whole tape."""
    figures = _figures(whole)
    others = dict[str, float]() if part is None else _figures(part)
    for name, value in figures.items():
        other = others.get(name)
        if other is None:
            yield name, inf
        elif other == value:
            yield name, 0.0
        else:
            yield name, abs(other - value) / abs(value) if value else inf


def _figures(proposal: Proposal) -> Mapping[str, float]:
    """The figures of a proposal. Prices are floats here, because a difference of indicators is no amount."""
    own = {"confidence": proposal.confidence, "stop": float(proposal.stop), "target": float(proposal.target)}
    return {**proposal.inputs, **own}
