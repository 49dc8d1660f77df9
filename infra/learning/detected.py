"""The signals of which features are built: those of a log, or all proposals of strategies on candles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from commands.features import BookFeatureReading, FeatureReading
from commands.foreseeing import foreseen
from commands.watching import Instance, Watch
from commands.world import World
from domain.errors import InvalidInput
from domain.features.barriers import Costs
from domain.features.reader import FeatureReader
from domain.instrument import Instrument
from domain.log import LogReader
from domain.market import MarketView
from domain.portfolio import EMPTY, Portfolio
from domain.regime import RegimeChanged
from domain.settings import SimulationSettings
from domain.signal import SeriesEnded, SignalDetected
from infra.learning.moves import FileMoves, Move, Moves


class Detected(NamedTuple):
    """A signal with the reader as it was at `at` (UTC), and the portfolio before the unit of work of the signal.

    `id` is the chain of a recorded signal, the candle and the instance of a proposal.
    """

    id: str
    signal: SignalDetected
    at: datetime
    portfolio: Portfolio
    reader: FeatureReading
    costs: Costs


class Signals(Protocol):
    """Signals in order of time. `progress` is how much was read, and how much there is."""

    @property
    def progress(self) -> tuple[int, int]:
        """The events or candles that were read, and their number."""
        ...

    def steps(self) -> Iterator[Detected | None]:
        """Yields each signal, and None where something was read that is none."""
        ...


class ProposedSignals:
    """What strategies propose on candles of files. There is no account: its features are missing."""

    def __init__(
        self,
        moves: FileMoves,
        instances: Sequence[Instance],
        rules: Sequence[Instrument],
        simulation: SimulationSettings,
    ) -> None:
        self._moves, self._watch = moves, Watch(instances)
        self._costs = {one.id: costs_of(one, simulation) for one in rules}
        self.progress = (0, moves.count)
        for tape in moves.tapes:
            proposals = foreseen(instances, tape.candles)
            if proposals is not None:
                self._watch.foresee(tape.instrument, proposals)

    def steps(self) -> Iterator[Detected | None]:
        """As `Signals`. Raises what `Watch.take` raises."""
        reader, market = FeatureReader(), MarketView()
        for move in self._moves:
            for candle in move.candles:
                reader.take(candle)
                market.take(candle)
            for candle in move.candles:
                for sighting in self._watch.take(candle, market):
                    name = f"{sighting.cause}/{sighting.instance.id}"
                    costs = self._costs[candle.instrument]
                    yield Detected(name, sighting.signal(), move.at, EMPTY, reader, costs)
            done, count = self.progress
            self.progress = (done + len(move.candles), count)
            yield None


class RecordedSignals:
    """The signals of a log up to an ordinal, each after the candles and books that were known when it was recorded."""

    def __init__(
        self,
        log: LogReader,
        upto: int,
        moves: Moves,
        reader: Callable[[], FeatureReading] = FeatureReader,
    ) -> None:
        """`reader` makes the reader of the features."""
        self._log, self._upto, self._moves = log, upto, iter(moves)
        self._prices, self._has_all = moves.prices, moves.has_all
        self._next: Move | None = next(self._moves, None)
        self._made, self._reader = reader, reader()
        self._unit: tuple[datetime, str] | None = None
        self._before = EMPTY
        self.progress = (0, upto)

    def steps(self) -> Iterator[Detected | None]:
        """As `Signals`. Raises InvalidInput where the candles are not those on which strategies made their signals."""
        world = World()
        for recorded in self._log.read(upto=self._upto):
            event, meta = recorded.envelope.event, recorded.envelope.meta
            if isinstance(event, _OF_A_UNIT) and (meta.recorded_at, event.instrument) != self._unit:
                self._unit, self._before = (meta.recorded_at, event.instrument), world.portfolio
            if isinstance(event, SignalDetected):
                if not meta.causation_id.startswith("book:"):
                    self._check(event)
                self._read(meta.recorded_at)
                rules = self._before.instruments.get(event.instrument)
                if rules is not None:
                    costs = costs_of(rules, self._before.settings.settings.simulation)
                    chain = meta.correlation_id
                    yield Detected(chain, event, meta.recorded_at, self._before, self._reader, costs)
            world.fold(recorded.envelope)
            self.progress = (recorded.ordinal, self._upto)
            yield None

    def _check(self, signal: SignalDetected) -> None:
        prices = self._prices.get(signal.instrument)
        if prices is None:
            if self._has_all:
                raise InvalidInput(
                    f"--candles: no file has candles of {signal.instrument}, in which the log has signals"
                )
            return
        close = prices.close_at(signal.candle_closed_at)
        is_strategy = signal.strategy in self._before.settings.settings.instances
        if is_strategy and close is not None and close != float(signal.price):
            raise InvalidInput(
                f"the log has a signal on {signal.instrument} at the close {signal.price} of "
                f"{signal.candle_closed_at.isoformat()}, and the candles close at {close} there: give the candles that "
                "the log was made from"
            )

    def _read(self, until: datetime) -> None:
        """Takes the candles and books that were known at `until`."""
        while self._next is not None and self._next.at <= until:
            if self._next.begins:
                self._reader = self._made()
            for candle in self._next.candles:
                self._reader.take(candle)
            if isinstance(self._reader, BookFeatureReading):
                for reading in self._next.readings:
                    self._reader.take_reading(reading)
            self._next = next(self._moves, None)


_OF_A_UNIT = (SignalDetected, SeriesEnded, RegimeChanged)
"""The events of a candle with signals. What it leads to is one unit of work, of one instrument and time; each of its
signals has the portfolio before the unit."""


def costs_of(rules: Instrument, simulation: SimulationSettings) -> Costs:
    """The costs of a trade by these rules, with the mean slippage of the simulated exchange."""
    return Costs(
        taker=float(rules.taker_fee), maker=float(rules.maker_fee), slippage=float(simulation.slippage)
    )
