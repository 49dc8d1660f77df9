"""Polls orders, trades and funding, in a thread of its own with a client of its own.

It is how reports come from an exchange without streams, and how those are found that a stream did not bring: ccxt does
not say when a subscription begins, so what happens between a connection and its subscription is on no stream.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

from msgspec import Struct

from adapters.back_off import random_pause
from adapters.ccxt.arrivals import Arrival, Arrivals, Funding
from adapters.ccxt.lists import Lists
from adapters.ccxt.order_row import OrderRow
from adapters.ccxt.site import Timing
from adapters.ccxt.unreadable import Unreadable
from commands.exchange import Gap
from domain.errors import ExchangeError, ExchangeRefused

_OVERLAP = timedelta(seconds=5)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Watched(Struct, frozen=True, gc=False):
    """`links` are the client order ids, with their instruments, of the orders of ours that may be open."""

    links: tuple[tuple[str, str], ...] = ()
    instruments: tuple[str, ...] = ()


class PollState(Struct, frozen=True, gc=False):
    """Whether the last poll was answered, the polls that were, and why the last one was not."""

    is_live: bool
    polls: int
    fault: str


@dataclass(frozen=True, slots=True)
class _Marks:
    """From when the next poll lists trades and funding payments, and when it lists the latter."""

    trades: datetime | None = None
    funding: datetime | None = None
    funding_due: datetime = _LONG_AGO


class Poll:
    """Runs from `start` to `close`. `watched` is read at the beginning of each poll, in this thread.

    `every` is in seconds. What cannot be read goes to `skipped`, and the poll goes on. A poll that follows on failures,
    and the first one, give a `Gap`.
    """

    def __init__(
        self,
        lists: Lists,
        timing: Timing,
        every: float,
        arrivals: Arrivals,
        skipped: Unreadable,
        watched: Callable[[], Watched],
    ) -> None:
        self._lists, self._timing, self._every, self._skipped = lists, timing, every, skipped
        self._arrivals, self._watched = arrivals, watched
        self._state = PollState(is_live=False, polls=0, fault="")
        self._stopping, self._due = Event(), Event()
        self._last: datetime | None = None
        self._marks = _Marks()
        self._thread = Thread(target=self._run, name="ccxt-poll", daemon=True)

    @property
    def state(self) -> PollState:
        return self._state

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        self._due.set()
        self._thread.join()

    def soon(self) -> None:
        """Makes the next poll at once."""
        self._due.set()

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            failures = 0 if self._polled() else failures + 1
            self._due.wait(self._wait(failures))
            self._due.clear()

    def _wait(self, failures: int) -> float:
        timing = self._timing
        waiting = random_pause(failures, timing.first_pause, timing.longest_pause)
        return waiting or self._every

    def _polled(self) -> bool:
        before = self._state
        try:
            rows, marks = self._look(self._watched())
        except ExchangeError as error:
            self._state = PollState(is_live=False, polls=before.polls, fault=str(error))
            self._arrivals.changed()
            return False
        now = datetime.now(UTC)
        self._arrivals.put(rows)
        # Not before: a query that fails after the trades were listed must not leave them out of the next poll.
        self._marks = marks
        if not before.is_live:
            self._arrivals.gap(Gap(self._last, now, before.fault))
        self._last = now
        # After the gap: who sees that polls are answered again must also see that something may be missing.
        self._state = PollState(is_live=True, polls=before.polls + 1, fault="")
        self._arrivals.changed()
        return True

    def _look(self, watched: Watched) -> tuple[list[Arrival], _Marks]:
        """What is new, and from when the next poll looks.

        Orders first: a trade that comes in between is then reported before the order that shows it.
        """
        now, marks = self._lists.now(), self._marks
        first = now - timedelta(seconds=self._timing.look_back)
        rows: list[Arrival] = list(self._orders(watched))
        since = marks.trades or first
        trades = self._lists.trades(since, now + _OVERLAP, watched.instruments)
        rows.extend(trades)
        marks = replace(marks, trades=max([since, *(trade.at - _OVERLAP for trade in trades)]))
        if marks.funding is None or now >= marks.funding_due:
            paid, until = self._funding(marks.funding or first, watched)
            rows.extend(paid)
            due = now + timedelta(seconds=self._timing.funding_poll)
            marks = replace(marks, funding=until, funding_due=due)
        return rows, marks

    def _orders(self, watched: Watched) -> Iterator[OrderRow]:
        listed = self._lists.open_orders(watched.instruments)
        yield from listed
        shown = {row.link for row in listed}
        for link, instrument in watched.links:
            row = None if link in shown else self._lists.by_link(link, [instrument])
            if row is not None:
                yield row

    def _funding(self, since: datetime, watched: Watched) -> tuple[list[Funding], datetime]:
        """The payments, and from when the next query looks."""
        try:
            listed = self._lists.funding(since, watched.instruments)
        except ExchangeRefused as error:
            self._skipped.refuse("funding", str(error))
            listed = []
        until = max([since, *(at - _OVERLAP for at, _ in listed)])
        return [Funding(row) for _, row in listed], until
