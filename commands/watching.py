"""Passes candles and readings of books to the strategy instances that read them, and makes signals of their
proposals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from msgspec import Struct
from msgspec.structs import replace

from domain.book.book_read import BookRead
from domain.candle import Candle
from domain.coarser import CoarserCandles, check_coarser
from domain.direction import Direction
from domain.errors import InvalidInput, StrategyFailed
from domain.filters.readings import Readings
from domain.filters.settings import NO_FILTERS, FilterSettings
from domain.market import BookReading, MarketView, cause_of
from domain.signal import SignalDetected
from domain.strategies import BookWatcher, Intent, Proposal, Strategy, Watcher
from domain.venues.carried import Prices
from domain.venues.choice import VenueChoice


class Instance(Struct, frozen=True, kw_only=True):
    """One configured strategy with its id, its instruments and the interval of its candles.

    Signals, positions and settings hold the `id`. `instruments` are instrument ids, empty for all. `interval` is the
    interval of the candles that the strategy reads, None for the interval of the market's candles. `filters` say which
    figures its entries have beside those of the strategy.
    """

    id: str
    strategy: Strategy
    instruments: tuple[str, ...] = ()
    interval: timedelta | None = None
    filters: FilterSettings = NO_FILTERS

    def trades(self, instrument: str) -> bool:
        """Whether the instance reads the candles of this instrument."""
        return not self.instruments or instrument in self.instruments

    @property
    def reads_books(self) -> bool:
        """Whether its watchers read order books, too."""
        return isinstance(self.strategy.watch(), BookWatcher)


@runtime_checkable
class MarketWatcher(Protocol):
    """A watcher that also reads the last prices; it puts the prices that it used into the proposal's inputs."""

    def on_market(self, candle: Candle, market: MarketView) -> Proposal | None:
        """Takes the next closed candle, in time order, with the market at its close."""
        ...


class Sighting(Struct, frozen=True):
    """A proposal, the instance that made it, and what it was made on: the candle at whose close, or the reading.

    `cause` is the candle or the reading as an outside fact. `book` is the book with which an entry is judged, where it
    needs one. `venue` is the choice among equal instruments, where there was one.
    """

    instance: Instance
    source: Candle | BookReading
    proposal: Proposal
    cause: str
    book: BookRead | None = None
    venue: VenueChoice | None = None

    @property
    def at(self) -> datetime:
        """The close of the candle, or the time of the reading (UTC)."""
        return self.source.close_time if isinstance(self.source, Candle) else self.source.at

    @property
    def fact(self) -> str:
        """The outside fact from which ids are made. An exchange that begins anew may repeat the number of an update,
        so that of a reading has its time, too.
        """
        return self.cause if isinstance(self.source, Candle) else f"{self.cause}@{self.at.isoformat()}"

    def with_book(self, book: BookRead) -> Sighting:
        """The sighting whose entry is judged with this book."""
        return replace(self, book=book)

    def placed(self, instrument: str, prices: Prices, venue: VenueChoice) -> Sighting:
        """The sighting whose proposal is made in this instrument at these prices."""
        proposal = replace(
            self.proposal,
            instrument=instrument,
            price=prices.price,
            stop=prices.stop,
            target=prices.target,
        )
        return replace(self, proposal=proposal, venue=venue)

    def with_figures(self, figures: Mapping[str, float]) -> Sighting:
        """The sighting whose proposal has these inputs, too."""
        inputs = {**self.proposal.inputs, **figures}
        return replace(self, proposal=replace(self.proposal, inputs=inputs))

    def signal(self) -> SignalDetected:
        """The event that records the proposal."""
        proposal = self.proposal
        return SignalDetected(
            strategy=self.instance.id,
            instrument=proposal.instrument,
            interval_seconds=int(proposal.interval.total_seconds()),
            candle_closed_at=self.at,
            direction=proposal.direction,
            intent=proposal.intent,
            confidence=proposal.confidence,
            trend=proposal.trend,
            price=proposal.price,
            stop=proposal.stop,
            target=proposal.target,
            inputs=proposal.inputs,
            grid=proposal.grid,
            book=self.book,
            venue=self.venue,
        )


class Watch:
    """Holds one watcher for each instance and instrument, made at the instrument's first candle or reading."""

    def __init__(self, instances: Sequence[Instance]) -> None:
        self._instances = instances
        self._views: dict[str, Sequence[_View]] = {}
        self._foreseen: dict[str, Mapping[datetime, Sequence[Sighting]]] = {}

    def foresee(self, instrument: str, foreseen: Mapping[datetime, Sequence[Sighting]]) -> None:
        """From now on `take` returns these proposals, by the close time of the candle; no watcher reads candles."""
        self._foreseen[instrument] = foreseen

    def take(self, candle: Candle, market: MarketView) -> Sequence[Sighting]:
        """The proposals of the instances at the close of this candle, in the order of the instances.

        Raises StrategyFailed for a strategy that raises, InvalidInput for a proposal with another strategy, instrument,
        interval or price than its candle, and for an interval that cannot be built from this candle's interval.
        """
        foreseen = self._foreseen.get(candle.instrument)
        if foreseen is not None:
            return foreseen.get(candle.close_time, ())
        found: Sequence[Sighting] = ()
        for view in self._views_of(candle.instrument):
            for one in view.own(candle):
                if sighted := view.sighted(one, market):
                    found = (*found, *sighted)
        return found

    def take_reading(self, reading: BookReading) -> Sequence[Sighting]:
        """The proposals of the instances that read books at this reading, in the order of the instances.

        Raises StrategyFailed for a strategy that raises, InvalidInput for a proposal with another strategy, instrument
        or price than it may have.
        """
        found: Sequence[Sighting] = ()
        for view in self._views_of(reading.instrument):
            if sighted := view.sighted_in_book(reading):
                found = (*found, *sighted)
        return found

    def _views_of(self, instrument: str) -> Sequence[_View]:
        views = self._views.get(instrument)
        if views is None:
            views = self._views[instrument] = [
                _View(instance) for instance in self._instances if instance.trades(instrument)
            ]
        return views


class _View:
    """One instance's watcher of one instrument, and the coarser candles that it reads."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        watcher = instance.strategy.watch()
        self._on_candle, self._on_market = watcher.on_candle, _market_reader(watcher)
        self._on_book = watcher.on_book if isinstance(watcher, BookWatcher) else None
        self._has_begun = False
        self._coarser: CoarserCandles | None = None
        self._readings: Readings | None = None
        self._last: Candle | None = None

    def own(self, candle: Candle) -> Sequence[Candle]:
        """The candles of the instance's own interval that are complete with this one of the market's.

        Raises InvalidInput for an interval that cannot be built from this candle's.
        """
        if not self._has_begun:
            self._coarser = coarser_for(self._instance, candle.instrument, candle.interval)
            self._readings = readings_for(self._instance, candle.instrument, candle.interval)
            self._has_begun = True
        return (candle,) if self._coarser is None else self._coarser.take(candle)

    def sighted(self, candle: Candle, market: MarketView) -> Sequence[Sighting]:
        """The proposal at the close of a candle of the instance's own interval, none or one.

        Raises StrategyFailed if the strategy raises. Its state may be wrong after that, so the run ends."""
        read, readings = self._on_market, self._readings
        self._last = candle
        if readings is not None:
            readings.take(candle)
        try:
            proposal = self._on_candle(candle) if read is None else read(candle, market)
        except Exception as fault:
            raise self._failed(candle, fault) from fault
        if proposal is None:
            return ()
        return (sighting_of(self._instance, candle, proposal, readings),)

    def sighted_in_book(self, reading: BookReading) -> Sequence[Sighting]:
        """The proposal at a reading, none or one. An entry has the figures of the filters at the last candle.

        Raises as `sighted` does.
        """
        if self._on_book is None:
            return ()
        try:
            proposal = self._on_book(reading)
        except Exception as fault:
            raise self._failed(reading, fault) from fault
        if proposal is None:
            return ()
        _check_of_reading(self._instance.strategy.name, proposal, reading)
        sighting = Sighting(self._instance, reading, proposal, cause_of(reading))
        if self._readings is None or self._last is None or proposal.intent is Intent.EXIT:
            return (sighting,)
        return (sighting.with_figures(self._readings.figures(self._last)),)

    def _failed(self, given: Candle | BookReading, fault: Exception) -> StrategyFailed:
        return StrategyFailed(
            f"strategy {self._instance.strategy.name} failed on {cause_of(given)}: "
            f"{type(fault).__name__}: {fault}"
        )


def sighting_of(
    instance: Instance, candle: Candle, proposal: Proposal, readings: Readings | None
) -> Sighting:
    """The proposal of the instance at this candle; an entry has the figures of the filters.

    Raises InvalidInput where it names another strategy or candle.
    """
    _check_own(instance.strategy.name, proposal, candle)
    sighting = Sighting(instance, candle, proposal, cause_of(candle))
    if readings is None or proposal.intent is Intent.EXIT:
        return sighting
    return sighting.with_figures(readings.figures(candle))


def readings_for(instance: Instance, instrument: str, given: timedelta) -> Readings | None:
    """The readings of the instance's filters, from candles of the interval `given`; None if no filter is on.

    Raises InvalidInput if a filter's coarser candles cannot be built from the instance's.
    """
    if not instance.filters.reads_own_candles:
        return None
    try:
        return Readings(instance.filters, instrument, instance.interval or given)
    except InvalidInput as fault:
        raise InvalidInput(f"strategy {instance.id}: {fault}") from None


def coarser_for(instance: Instance, instrument: str, given: timedelta) -> CoarserCandles | None:
    """The builder of the instance's candles from candles of the interval `given`; None if it reads candles of `given`.

    Raises InvalidInput if candles of its interval cannot be built from them.
    """
    if instance.interval is None or instance.interval == given:
        return None
    try:
        check_coarser(instrument, given, instance.interval)
    except InvalidInput as fault:
        raise InvalidInput(f"strategy {instance.id}: {fault}") from None
    return CoarserCandles(instance.interval)


def _market_reader(watcher: Watcher) -> Callable[[Candle, MarketView], Proposal | None] | None:
    return watcher.on_market if isinstance(watcher, MarketWatcher) else None


def _check_own(strategy: str, proposal: Proposal, candle: Candle) -> None:
    """Raises InvalidInput unless the proposal has this name and the candle's instrument, interval and close.

    The signal is judged and sized by these values, and a third-party strategy may confuse them.
    """
    named = (proposal.strategy, proposal.instrument, proposal.interval, proposal.price)
    shown = (strategy, candle.instrument, candle.interval, candle.close)
    if named != shown:
        raise InvalidInput(
            f"strategy {strategy} proposed {_spelled(named)} on a candle of {_spelled(shown)}: a proposal names its "
            "strategy, and the instrument, interval and close of the candle it was made on"
        )


def _check_of_reading(strategy: str, proposal: Proposal, reading: BookReading) -> None:
    """Raises InvalidInput unless the proposal has this name and the reading's instrument, and an entry the best price
    that it would be filled at. An exit may have any price: it is never held back by the book.
    """
    levels = reading.asks if proposal.direction is Direction.LONG else reading.bids
    best = levels[0].price if levels else None
    is_priced = proposal.intent is Intent.EXIT or proposal.price == best
    if (proposal.strategy, proposal.instrument) != (strategy, reading.instrument) or not is_priced:
        raise InvalidInput(
            f"strategy {strategy} proposed {proposal.intent} {proposal.direction} of {proposal.strategy} on "
            f"{proposal.instrument} at {proposal.price}, on a reading of {reading.instrument} with "
            f"{'no such level' if best is None else f'the best price {best}'}: a proposal names its strategy and the "
            "instrument of the reading, and an entry has the best ask (LONG) or bid (SHORT) of a known book"
        )


def _spelled(figures: Sequence[object]) -> str:
    return " ".join(str(figure) for figure in figures)
