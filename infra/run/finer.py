"""Finer rules: a log keeps the rules it was opened with, until a candle of a longer tape has prices that do not fit.

Before that candle trades, the rules change by an event whose cause is the candle, so that a resumed run changes them at
the same place. Rules of a log that an earlier version opened, which did not record their origin, never change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from adapters.simulated import fact
from adapters.tapes.steps import first_unfit
from adapters.tapes.tape import Tape
from commands.identity import ENGINE
from commands.inputs import Relisted
from commands.instrument import ListInstrument
from commands.stimulus import Ask
from domain.candle import Candle
from domain.catalogue import Listing, finer
from domain.instrument import Instrument
from infra.run.plan import Plan


class FinerRules:
    """Watches a run for candles that the rules in force do not fit."""

    def __init__(self, planned: Plan, resumed: Plan) -> None:
        """`planned` has the rules that the whole tape leads to, `resumed` those that the log was opened with."""
        self._planned = {one.instrument.id: one for one in planned.listings}
        self._in_force = {one.instrument.id: one for one in resumed.listings}
        self._tapes = {tape.instrument: tape for tape in resumed.tapes}
        self._unfit: dict[str, datetime] = {}
        for name, listing in self._in_force.items():
            if listing.origin is not None and listing.instrument.tick != self._planned[name].instrument.tick:
                self._look(name, 0)

    @property
    def is_needed(self) -> bool:
        """Whether a later candle demands a change of rules."""
        return bool(self._unfit)

    @property
    def idle_until(self) -> datetime | None:
        """Candles that close at this time or before demand no change of rules; None where no later one does."""
        return min(self._unfit.values(), default=None)

    def due(self, at: datetime, candles: Sequence[Candle]) -> Relisted | None:
        """The change of rules that these candles, which close at `at`, demand before they trade; None for none."""
        asks = tuple(self._asks(at, candles))
        return Relisted(at, asks) if asks else None

    def taken(self, instruments: Mapping[str, Instrument], change: Relisted) -> Iterator[Instrument]:
        """Looks for the next candle that does not fit; yields the rules in force after the change."""
        for ask in change.asks:
            assert isinstance(ask.command, ListInstrument)
            name = ask.command.instrument.id
            self._in_force[name] = Listing(instruments[name], self._in_force[name].origin)
            self._look(name, _index_of(self._tapes[name], self._unfit.pop(name)) + 1)
            yield instruments[name]

    def _asks(self, at: datetime, candles: Sequence[Candle]) -> Iterator[Ask]:
        for candle in candles:
            name = candle.instrument
            if self._unfit.get(name) == candle.open_time:
                wanted = finer(self._in_force[name], self._planned[name])
                command = ListInstrument(wanted.instrument, wanted.origin)
                cause = fact(name, "rules", candle.open_time.isoformat())
                yield Ask(command=command, cause=cause, occurred_at=at, actor=ENGINE)

    def _look(self, name: str, start: int) -> None:
        candles = self._tapes[name].candles
        index = first_unfit(candles, self._in_force[name].instrument.tick, start)
        if index is not None:
            self._unfit[name] = candles[index].open_time


def _index_of(tape: Tape, opened: datetime) -> int:
    return next(index for index, candle in enumerate(tape.candles) if candle.open_time == opened)
