"""A backtest whose orders recorded order books fill: the exchange has books and trades, the engine the rest.

The engine has candles and readings of the books, and no trades, as in a live run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from adapters.simulated.recorded_book import RecordedBookExchange
from commands.input_tape import Taped
from commands.inputs import MarketMoved
from commands.scorer import NO_SCORER, Scorer
from domain.candle import Candle
from domain.log import Envelope, EventLog
from domain.market import BookReading, BookUpdate, Trade
from infra.run.backtest import Backtest, Variant
from infra.run.recording import Recording
from infra.run.simulation import rules_of

MOMENT: Final = timedelta(milliseconds=100)


class Hole(NamedTuple):
    """The time in which a book was not known (UTC); `until` is None where it stayed so until the end."""

    instrument: str
    since: datetime
    until: datetime | None
    why: str


class BookBacktest(Backtest):
    """See `Backtest`; the recording is one of books. Requests of people, and rules that change, are on none."""

    def __init__(
        self,
        source: Recording,
        variant: Variant,
        log: EventLog,
        seen: Callable[[Envelope], None],
        scorer: Scorer = NO_SCORER,
    ) -> None:
        """See `Backtest`."""
        super().__init__(source, variant, log, seen, scorer)
        simulation, stake = variant.change.settings(source.settings).simulation, source.stake
        self._begins = next(source.inputs()).at
        self._booked = RecordedBookExchange(
            {one.id: one for one in source.instruments},
            stake.currency,
            stake.balance,
            stake.leverage,
            rules_of(simulation),
            simulation.seed,
            self._begins,
        )
        self._lost: dict[str, BookReading] = {}
        self._holes: list[Hole] = []

    @property
    def exchange(self) -> RecordedBookExchange:
        """See `Backtest.exchange`."""
        return self._booked

    @property
    def holes(self) -> list[Hole]:
        """The times in which a book was not known, after it had been."""
        open_ = [Hole(one.instrument, one.at, None, one.why) for one in self._lost.values()]
        return [*self._holes, *open_]

    def steps(self, inputs: Iterable[Taped], *, skips: bool = False) -> Iterator[int]:
        """Feeds the inputs, and yields after each one the number of tenths of a second since the begin."""
        for given in inputs:
            self.feed(given)
            yield (given.at - self._begins) // MOMENT

    def _move(self, given: MarketMoved) -> None:
        self._sent_at = given.at
        self._booked.on_recorded([one for one in given.events if isinstance(one, BookUpdate | Trade)])
        self._report(given.at)
        read = tuple(one for one in given.events if isinstance(one, Candle | BookReading))
        for one in read:
            if isinstance(one, BookReading):
                self._see_book(one)
        if read:
            self._running.handle(MarketMoved(given.at, read))

    def _see_book(self, reading: BookReading) -> None:
        name = reading.instrument
        if not reading.is_known:
            self._lost.setdefault(name, reading)
        elif (lost := self._lost.pop(name, None)) is not None:
            self._holes.append(Hole(name, lost.at, reading.at, lost.why))
