"""The instruments of one connection, as the listener of its stream."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from threading import Lock

from adapters.bybit.fields import at_ms
from adapters.bybit.line import Line
from adapters.bybit.market_frame import Frame, frame
from adapters.bybit.market_instrument import InstrumentMarket, Take
from adapters.bybit.pace import Turns
from adapters.bybit.site import Timing
from adapters.bybit.stream import UNREADABLE, Stream
from adapters.time_bound import check_time
from commands.exchange import Unread
from commands.feed import FeedState
from domain.errors import InvalidInput
from domain.market import MarketEvent

_log = logging.getLogger(__name__)


class Group:
    """`lock` is held by whoever touches one of `markets`. `clock` returns the time (UTC) by this machine's clock."""

    def __init__(
        self,
        markets: Sequence[InstrumentMarket],
        line: Line,
        timing: Timing,
        turns: Turns,
        clock: Callable[[], datetime],
        on_arrival: Callable[[], None],
    ) -> None:
        self.markets, self.lock = markets, Lock()
        self._timing, self._clock = timing, clock
        self._topics: Mapping[str, tuple[InstrumentMarket, Take]] = {}
        self._unread: list[Unread] = []
        self.stream = Stream(line, timing, turns, self, on_arrival, self.leave_out)

    def start(self) -> None:
        """Begins to receive."""
        self.listen()
        self.stream.start()

    def listen(self) -> None:
        """From now on `take` takes pushes."""
        now = self._clock()
        self._topics = {
            topic: (market, take) for market in self.markets for topic, take in market.open(now).items()
        }

    def begin(self) -> None:
        """See `Listener.begin`."""
        with self.lock:
            for market in self.markets:
                market.begin()

    def take(self, text: str) -> None:
        """See `Listener.take`. A push that cannot be understood is kept for `unread`."""
        try:
            with self.lock:
                self._take(frame(text))
        except (*UNREADABLE, InvalidInput, OverflowError) as fault:  # a time beyond the year 9999 overflows
            with self.lock:
                self._unread.append(Unread(text, str(fault)))
        self._renew()

    def leave_out(self, reasons: Mapping[str, str]) -> None:
        """Takes the topics that Bybit has refused for this connection, with the reasons; see `Stream`.

        An instrument is logged where it is left out and was not before, and where it is subscribed again.
        """
        with self.lock:
            for market in self.markets:
                was_left_out = bool(market.left_out)
                market.leave_out({topic: reasons[topic] for topic in market.topics if topic in reasons})
                if market.left_out and not was_left_out:
                    _log.error(
                        "%s is left out of the live market data until the next connection: %s",
                        market.instrument,
                        market.left_out,
                    )
                elif was_left_out and not market.left_out:
                    _log.warning("%s is in the live market data again", market.instrument)

    def fault(self) -> str:
        """See `Listener.fault`: a book that does not come although it was subscribed."""
        self._renew()
        with self.lock:
            now, patience = time.monotonic(), self._timing.answer
            overdue = [market for market in self.markets if market.is_overdue(now, patience)]
        return f"the book of {overdue[0].instrument} was not pushed" if overdue else ""

    def events(self) -> list[MarketEvent]:
        """The events since the last call, by time for each instrument."""
        with self.lock:
            return [event for market in self.markets for event in market.events()]

    def unread(self) -> list[Unread]:
        """The pushes since the last call that could not be understood or used."""
        with self.lock:
            found, self._unread = self._unread, []
            return [*found, *(note for market in self.markets for note in market.notes())]

    def states(self) -> list[FeedState]:
        with self.lock:
            return [self._state(market) for market in self.markets]

    def _state(self, market: InstrumentMarket) -> FeedState:
        stream = self.stream.state
        return FeedState(
            instrument=market.instrument,
            is_live=stream.is_live and not (market.left_out or market.book_fault),
            heard_at=market.heard_at,
            dropped=market.dropped,
            fault=stream.fault or market.fault,
            gaps=market.gaps,
            refused=market.refused,
            retry_at=stream.retry_at,
        )

    def _take(self, push: Frame) -> None:
        found = self._topics.get(push.topic)
        if found is None:
            raise InvalidInput("nobody subscribed to this topic")
        now = self._clock()
        check_time("its time", at_ms(push.ts), now)
        market, take = found
        take(push, now, time.monotonic())
        market.heard_at = now

    def _renew(self) -> None:
        """The lock is not held while a request is sent."""
        with self.lock:
            now = time.monotonic()
            topics = [topic for market in self.markets for topic in market.renewals(now)]
        if topics:
            self.stream.renew(topics)
