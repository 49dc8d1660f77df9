"""Publishes readings of the order books whose leases this process holds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from msgspec.structs import replace

from adapters.book_readings import fail_closed
from commands.book_feed import BookFeed
from domain.book.analysis.bins import Bins
from domain.book.analysis.view import Preparation
from domain.book.depth import PublicTrade
from domain.book.readings import LEVELS, ReadingMaker, newer, references_of
from domain.errors import InvalidInput
from domain.market import BookReading

_log = logging.getLogger(__name__)
_STEP_SECONDS: Final = 0.05
_AGAIN: Final = timedelta(seconds=1)
"""The last reading of a quiet book is published again, confirmed where the book is known, so that readers know that
its owner lives."""
_READ_LEVELS: Final = 200


class Lease(Protocol):
    """See `adapters.book_topic.leases.Lease`."""

    @property
    def partition(self) -> int: ...
    @property
    def epoch(self) -> int: ...


class Owner(Protocol):
    """See `adapters.book_topic.owner.Owner`."""

    @property
    def source(self) -> str: ...
    @property
    def instruments(self) -> frozenset[str]: ...


class Leases(Protocol):
    """See `adapters.book_topic.leases.BookLeases`."""

    @property
    def held(self) -> Mapping[int, Lease]: ...
    @property
    def are_valid(self) -> bool: ...
    @property
    def owners(self) -> Mapping[int, Owner]: ...
    def step(self, seconds: float) -> None: ...


class Publisher(Protocol):
    """See `adapters.book_topic.publisher.ReadingPublisher`."""

    @property
    def dropped(self) -> int: ...
    def publish(self, epoch: int, readings: Sequence[BookReading]) -> None: ...


class Watched(Protocol):
    """See `adapters.metrics.books.BooksMetrics`."""

    def leased(self, change: str) -> None: ...
    def published(self, reading: BookReading) -> None: ...
    def show(self, *, held: int, known: int, dropped: int, unpublished: int) -> None: ...


class _Books:
    """The books of one feed, from when it is opened to when it is closed.

    One that cannot be analysed is lost. Where this ended the process, its leases would move, and the same book would
    end the next process.
    """

    def __init__(
        self,
        feed: BookFeed,
        instruments: Sequence[str],
        levels: int,
        period: timedelta,
        preparation: Preparation | None,
    ) -> None:
        self._feed = feed
        self.makers = {
            name: ReadingMaker(name, levels, period, _AGAIN, preparation=preparation) for name in instruments
        }
        self._updates, self._gaps = dict[str, int](), dict[str, int]()
        self._feed.start()

    def take(self) -> None:
        """Takes what the feed has received since the last call."""
        for one in self._feed.unread():
            _log.warning("a message of a book was not understood: %s", one.reason)
        for trade in self._feed.trades():
            self._take_trade(self.makers[trade.instrument], trade)
        for state in self._feed.states():
            maker = self.makers[state.instrument]
            if self._gaps.get(state.instrument, state.gaps) != state.gaps:
                self._lose(maker, "its book had a gap")  # it may have ended between two looks
            self._gaps[state.instrument] = state.gaps
            if state.is_live:
                self._read_book(maker)
            else:
                self._lose(maker, state.fault)

    def reading(self, name: str, now: datetime, reference: Bins | None = None) -> BookReading | None:
        """See `ReadingMaker.reading`."""
        maker = self.makers[name]
        try:
            return maker.reading(now, reference)
        except Exception as fault:  # noqa: BLE001  (fail closed, and go on with the other books)
            fail_closed(maker, fault)
            return None

    def close(self) -> None:
        """Closes the feed."""
        self._feed.close()

    def _take_trade(self, maker: ReadingMaker, trade: PublicTrade) -> None:
        try:
            maker.take_trade(trade)
        except Exception as fault:  # noqa: BLE001  (fail closed, and go on with the other books)
            fail_closed(maker, fault)

    def _read_book(self, maker: ReadingMaker) -> None:
        name = maker.instrument
        depth = self._feed.depth(name, _READ_LEVELS)
        if depth is None:
            self._lose(maker, "its book is not known")
        elif depth.update_id != self._updates.get(name):
            self._updates[name] = depth.update_id
            try:
                maker.take_depth(depth)
            except InvalidInput as fault:
                self._lose(maker, str(fault))
            except Exception as fault:  # noqa: BLE001  (fail closed, and go on with the other books)
                fail_closed(maker, fault)

    def _lose(self, maker: ReadingMaker, why: str) -> None:
        """The next known book is taken whatever its update: the exchange may number the same book again."""
        maker.lose(why)
        self._updates.pop(maker.instrument, None)


class _Share:
    """The books of one lease, from when it was taken to when it is given up."""

    def __init__(self, lease: Lease, books: _Books, now: datetime) -> None:
        self.lease, self.books = lease, books
        self._last = {
            name: _unknown(name, now, "its book has moved to another process") for name in books.makers
        }
        self._sent = dict[str, datetime]()

    @property
    def known(self) -> int:
        """How many of its books are known."""
        return sum(one.is_known for one in self._last.values())

    def read(self, now: datetime, reference_of: Callable[[str], Bins | None]) -> None:
        """Makes the readings of what its feed has received."""
        for name in self.books.makers:
            made = self.books.reading(name, now, reference_of(name))
            if made is not None:
                unsent = None if name in self._sent else self._last[name]
                self._last[name] = newer(made, unsent)
                self._sent.pop(name, None)

    def due(self, now: datetime) -> list[BookReading]:
        """The readings that are to be published now: new ones, those that were published a second ago, without their
        suspicions, because each is stated once, and all where the clock was set back.
        """
        names = [name for name in self._last if not self._is_recent(name, now)]
        found = [self._last[name] for name in names]
        self._sent.update(dict.fromkeys(names, now))
        self._last.update((one.instrument, replace(one, suspicions=())) for one in found if one.suspicions)
        return found

    def _is_recent(self, name: str, now: datetime) -> bool:
        sent = self._sent.get(name)
        return sent is not None and timedelta() <= now - sent < _AGAIN

    def end(self, now: datetime) -> list[BookReading]:
        """Closes the feed; returns what states that nobody keeps these books, with the suspicions not published yet."""
        self.books.close()
        why = "the process that kept its book has ended"
        return [
            newer(_unknown(name, now, why), None if name in self._sent else last)
            for name, last in self._last.items()
        ]


class _References:
    """The books of reference instruments whose lease another process holds: they are read for the figures of pairs, and
    never published.
    """

    def __init__(self, opened: Callable[[Sequence[str]], _Books]) -> None:
        self._opened = opened
        self._books: _Books | None = None
        self._names: Sequence[str] = ()

    def follow(self, names: Sequence[str]) -> None:
        """Keeps these books and no others."""
        if names == self._names:
            return
        self.close()
        self._names = names
        self._books = self._opened(names) if names else None

    def take(self, now: datetime) -> None:
        """Takes what was received. The readings are those of the owner, and are dropped here."""
        if self._books is not None:
            self._books.take()
            for name in self._books.makers:
                self._books.reading(name, now)

    def bins(self, name: str) -> Bins | None:
        """The half seconds of the book; None where it is not followed."""
        maker = None if self._books is None else self._books.makers.get(name)
        return None if maker is None else maker.bins

    def close(self) -> None:
        """Closes the feed."""
        if self._books is not None:
            self._books.close()
        self._books, self._names = None, ()


class BookPublishing:
    """`open_feed` makes the feed of some instruments. Two readings of an instrument are at least `period` apart.

    The reference of an instrument (`references_of`) is followed by each process that publishes the instrument, whoever
    holds its lease. A book that nobody publishes, because the owner of its lease has other instruments, is stated in
    the program's log.
    """

    def __init__(
        self,
        leases: Leases,
        publisher: Publisher,
        open_feed: Callable[[Sequence[str]], BookFeed],
        instruments: Mapping[int, Sequence[str]],
        period: timedelta,
        watched: Watched,
        clock: Callable[[], datetime],
        levels: int = LEVELS,
        *,
        source: str,
        preparation: Preparation | None = None,
    ) -> None:
        """`instruments` are those of each partition of the leases; a reading has so many `levels` of each side, and
        its figures are made ready by the `preparation` (see `row_of`). `source` is where the books are from, as
        `bybit` or an address.
        """
        self._source = source
        self._leases, self._publisher, self._open_feed = leases, publisher, open_feed
        self._instruments, self._period = instruments, period
        self._watched, self._clock, self._levels = watched, clock, levels
        self._preparation = preparation
        self._shares = dict[int, _Share]()
        names = [name for one in instruments.values() for name in one]
        self._reference_of = references_of(names)
        self._references = _References(self._opened)
        self._strays: Sequence[str] = ()

    def run(self, stopped: Callable[[], bool]) -> None:
        """Publishes until a stop is requested. Raises LogUnavailable where the group cannot be followed."""
        try:
            while not stopped():
                self._leases.step(_STEP_SECONDS)
                self.step()
        finally:
            self._end()

    def step(self) -> None:
        """Opens and closes books as the leases have moved, and publishes the readings that are due."""
        self._follow()
        now = self._clock()
        self._references.take(now)
        for share in self._shares.values():
            share.books.take()
        for share in self._shares.values():
            share.read(now, self._bins_of_reference)
        for share in self._shares.values():
            # Looked up for each share: reading and sending may have lasted until the leases expired.
            if self._leases.are_valid:
                self._publish(share, share.due(self._clock()))
        known = sum(share.known for share in self._shares.values())
        held = sum(len(self._instruments.get(number, ())) for number in self._shares)
        missing = self._unpublished()
        self._watched.show(held=held, known=known, dropped=self._publisher.dropped, unpublished=len(missing))
        self._state_strays(missing)

    def _publish(self, share: _Share, readings: Sequence[BookReading]) -> None:
        self._publisher.publish(share.lease.epoch, readings)
        for reading in readings:
            self._watched.published(reading)

    def _follow(self) -> None:
        held = self._leases.held
        for number, share in list(self._shares.items()):
            if held.get(number) != share.lease:
                self._shares.pop(number).end(self._clock())
                self._watched.leased("given")
        for number, lease in held.items():
            names = self._instruments.get(number, ())
            if number not in self._shares and names:
                self._shares[number] = _Share(lease, self._opened(names), self._clock())
                self._watched.leased("taken")
                _log.info("books of lease %d: %s", number, ", ".join(names))
        own = {name for share in self._shares.values() for name in share.books.makers}
        wanted = {self._reference_of[name] for name in own if name in self._reference_of}
        self._references.follow(sorted(wanted - own))

    def _opened(self, names: Sequence[str]) -> _Books:
        return _Books(self._open_feed(names), names, self._levels, self._period, self._preparation)

    def _bins_of_reference(self, name: str) -> Bins | None:
        reference = self._reference_of.get(name)
        if reference is None:
            return None
        own = (share.books.makers.get(reference) for share in self._shares.values())
        maker = next(filter(None, own), None)
        return self._references.bins(reference) if maker is None else maker.bins

    def _unpublished(self) -> Sequence[str]:
        """The instruments that this process names and the owner of their lease does not publish."""
        owners = self._leases.owners
        return [
            name
            for number, names in sorted(self._instruments.items())
            for name in names
            if number in owners and name not in owners[number].instruments
        ]

    def _state_strays(self, missing: Sequence[str]) -> None:
        """Logs a warning where the owner of a lease does not publish the books that this process names, or publishes
        them from another server; once, until that changes.
        """
        strays = list(self._found_strays(missing))
        if strays != self._strays:
            self._strays = strays
            for one in strays or ["each book that this process names is published by the owner of its lease"]:
                _log.warning("%s", one)

    def _found_strays(self, missing: Sequence[str]) -> Iterator[str]:
        owners = self._leases.owners
        if missing:
            yield (
                f"nobody publishes the books of {', '.join(missing)}: the processes that hold their leases were "
                "started with other --instruments; start all processes of an exchange with the same"
            )
        for number in sorted(owners.keys() & self._instruments.keys()):
            if owners[number].source != self._source:
                names = ", ".join(self._instruments[number])
                yield (
                    f"the lease of {names} is held by a process whose books are from {owners[number].source}, and not "
                    f"from {self._source}: start all processes of an exchange with the same --address and --testnet"
                )

    def _end(self) -> None:
        for share in self._shares.values():
            readings = share.end(self._clock())
            if self._leases.are_valid:
                self._publish(share, readings)
        self._shares.clear()
        self._references.close()


def by_lease(instruments: Sequence[str], lease_of: Callable[[str], int]) -> Mapping[int, Sequence[str]]:
    """The instruments of each partition of the leases."""

    def pairs() -> Iterator[tuple[int, str]]:
        for name in sorted(instruments):
            yield lease_of(name), name

    found = dict[int, list[str]]()
    for number, name in pairs():
        found.setdefault(number, []).append(name)
    return found


def _unknown(instrument: str, now: datetime, why: str) -> BookReading:
    return BookReading(instrument=instrument, at=now, update_id=0, is_known=False, why=why)
