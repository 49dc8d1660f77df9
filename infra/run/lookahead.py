"""The look-ahead check: what a strategy signals on a shortened tape must be what it signals on the whole one.

The tape is cut at the close of candles that raised signals in the whole run, because a strategy that reads the next
candles cannot raise such a signal where the tape ends with it. Each shortened tape is traded from its beginning by an
engine of its own. `scan`, which has a whole tape at once, is compared in the same way. Where something differs, the
whole tape is traded a second time: a strategy whose signals then differ, too, is not repeatable, as one that is random,
reads the clock or keeps state between runs, and its differences prove no look-ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import NamedTuple, TypeVar

from msgspec.structs import asdict

from commands.watching import Instance, MarketWatcher, coarser_for
from domain.candle import Candle
from domain.errors import StrategyFailed
from domain.signal import SignalDetected
from domain.strategies import Proposal
from infra.run.backtest import Change
from infra.run.backtesting import Backtesting
from infra.run.recording import Recording
from infra.trading import instances_of

CUTS = 8
"""The number of shortened tapes. Each costs a run over its part of the tape."""
SCAN = " (scan)"
"""Follows the name of a strategy whose `scan` differs."""
_Any = TypeVar("_Any")
_Fields = Mapping[str, object]

Shortened = Callable[[datetime | None], Recording]
"""Gives the recording up to a time, with the candles that close then; all of it for None."""


class _Key(NamedTuple):
    at: datetime
    instrument: str
    strategy: str


class Difference(NamedTuple):
    """The first difference of a shortened tape: its cut, what differs, and the values on both tapes as text.

    Where `cut` is None, `whole` is the value of `scan` and `shortened` that of a watcher, both on the whole tape.
    """

    cut: datetime | None
    at: datetime
    strategy: str
    instrument: str
    field: str
    whole: str
    shortened: str


@dataclass(slots=True)
class Findings:
    """The result of a check. `differences` has the first one of each cut that has any, `rules` sentences on rules of
    instruments that are guessed from the whole tape, `unrepeatable` the strategies whose signals differ between two
    runs of the whole tape; it is looked for where there are differences."""

    signals: int = 0
    cuts: list[datetime] = field(default_factory=list[datetime])
    differences: list[Difference] = field(default_factory=list[Difference])
    rules: list[str] = field(default_factory=list[str])
    unrepeatable: list[str] = field(default_factory=list[str])

    def looks_ahead(self, difference: Difference) -> bool:
        """Whether the difference can only come from later candles."""
        return difference.strategy.removesuffix(SCAN) not in self.unrepeatable


class LookaheadCheck:
    """One check. `findings`, `candles` (those that were traded) and `instances` are complete after `steps` has ended;
    `total` is the number of inputs of the run that is made.
    """

    def __init__(self, shortened: Shortened, change: Change) -> None:
        self.findings = Findings()
        self.candles: Mapping[str, Sequence[Candle]] = {}
        self.instances: Sequence[Instance] = ()
        self.total = 0
        self._shortened, self._change = shortened, change

    def steps(self) -> Iterator[tuple[int, int]]:
        """Makes the runs, and yields the number of the run and that of the inputs fed to it.

        Raises what `Backtest.steps` raises.
        """
        found = self.findings
        recording = self._shortened(None)
        whole: list[SignalDetected] = []
        market: dict[str, list[Candle]] = {}
        yield from ((0, number) for number in self._signals(recording, whole, market))
        self.candles = market
        found.signals = len(whole)
        found.cuts += cuts_of(whole, market)
        for run, cut in enumerate(found.cuts, 1):
            part = self._shortened(cut)
            found.rules += [one for one in _rules(recording, part) if one not in found.rules]
            signals: list[SignalDetected] = []
            yield from ((run, number) for number in self._signals(part, signals, {}))
            before = [one for one in whole if one.candle_closed_at <= cut]
            found.differences += islice(_compared(cut, _of_signals(before), _of_signals(signals)), 1)
        self.instances = instances_of(self._change.settings(recording.settings))
        for instance in self.instances:
            for instrument, candles in market.items():
                if instance.trades(instrument):
                    found.differences += scan_differences(instance, candles, found.cuts)
        if found.differences:
            again: list[SignalDetected] = []
            run = len(found.cuts) + 1
            yield from ((run, number) for number in self._signals(self._shortened(None), again, {}))
            differing = _compared(None, _of_signals(whole), _of_signals(again))
            found.unrepeatable += dict.fromkeys(one.strategy for one in differing)

    def _signals(
        self, recording: Recording, signals: list[SignalDetected], market: dict[str, list[Candle]]
    ) -> Iterator[int]:
        self.total = recording.total
        with closing(Backtesting(recording, self._change, skips=False)) as made:
            yield from made.steps()
            events = (one.envelope.event for one in made.events())
            signals += [one for one in events if isinstance(one, SignalDetected)]
            market.update(made.market.candles)


def cuts_of(signals: Sequence[SignalDetected], market: Mapping[str, Sequence[Candle]]) -> Sequence[datetime]:
    """The closes of at most `CUTS` candles with a signal, evenly spread; of any candles where there is no signal."""
    times = sorted({one.candle_closed_at for one in signals})
    if not times:
        times = sorted({one.close_time for candles in market.values() for one in candles})
    return evenly(times, CUTS)


def evenly(given: Sequence[_Any], count: int) -> Sequence[_Any]:
    """At most `count` of these, the last among them, with about equal distances."""
    if len(given) <= count:
        return given
    return [given[(number + 1) * len(given) // count - 1] for number in range(count)]


def scan_differences(
    instance: Instance, candles: Sequence[Candle], cuts: Sequence[datetime]
) -> Iterator[Difference]:
    """The first difference between `scan` of the whole tape and of the candles up to each cut, and between `scan` and a
    watcher on the whole tape; none for a strategy without `scan`.

    `candles` are those of one instrument, in order. Raises StrategyFailed where `scan` raises.
    """
    if not callable(getattr(instance.strategy, "scan", None)):
        return
    own = _own(instance, candles)
    whole = _scanned(instance, own)
    for cut in cuts:
        part = [one for one in own if one.close_time <= cut]
        before = {key: fields for key, fields in whole.items() if key.at <= cut}
        yield from islice(_compared(cut, before, _scanned(instance, part)), 1)
    watcher = instance.strategy.watch()
    if cuts and not isinstance(watcher, MarketWatcher):
        read = _by_key(instance, own, [watcher.on_candle(one) for one in own])
        yield from islice(_compared(None, whole, read), 1)


def _own(instance: Instance, candles: Sequence[Candle]) -> Sequence[Candle]:
    """The candles that the instance reads."""
    coarser = coarser_for(instance, candles[0].instrument, candles[0].interval)
    return candles if coarser is None else [joined for one in candles for joined in coarser.take(one)]


def _scanned(instance: Instance, candles: Sequence[Candle]) -> Mapping[_Key, _Fields]:
    try:
        found = instance.strategy.scan(candles)
    except Exception as fault:
        raise StrategyFailed(
            f"strategy {instance.strategy.name} failed in `scan`: {type(fault).__name__}: {fault}"
        ) from fault
    if len(found) != len(candles):
        raise StrategyFailed(
            f"strategy {instance.strategy.name}: `scan` returned {len(found)} values for {len(candles)} candles"
        )
    return _by_key(instance, candles, found)


def _by_key(
    instance: Instance, candles: Sequence[Candle], found: Sequence[Proposal | None]
) -> Mapping[_Key, _Fields]:
    return {
        _Key(candle.close_time, candle.instrument, f"{instance.id}{SCAN}"): asdict(one)
        for candle, one in zip(candles, found, strict=True)
        if one is not None
    }


def _of_signals(signals: Iterable[SignalDetected]) -> Mapping[_Key, _Fields]:
    return {_Key(one.candle_closed_at, one.instrument, one.strategy): asdict(one) for one in signals}


def _compared(
    cut: datetime | None, whole: Mapping[_Key, _Fields], part: Mapping[_Key, _Fields]
) -> Iterator[Difference]:
    """The differences in order of time; a signal that only one side has is one."""
    for key in sorted(whole.keys() | part.keys()):
        one, other = whole.get(key), part.get(key)
        if one is None or other is None:
            sides = ("none" if one is None else "raised", "none" if other is None else "raised")
            yield Difference(cut, key.at, key.strategy, key.instrument, "signal", *sides)
            continue
        for name, value in one.items():
            if value != other[name]:
                yield Difference(
                    cut, key.at, key.strategy, key.instrument, name, str(value), str(other[name])
                )


def _rules(whole: Recording, part: Recording) -> Iterator[str]:
    """What rules the tapes lead to where nobody stated them: those of the whole tape know its later prices."""
    shortened = {one.id: one for one in part.instruments}
    for one in whole.instruments:
        other = shortened.get(one.id)
        if other is not None and other != one:
            yield (
                f"the rules of {one.id} are guessed from the whole tape (tick {one.tick:f}, lot {one.lot:f}); a "
                "shortened tape leads to others. Import real rules with `whence instruments import FILE`"
            )
