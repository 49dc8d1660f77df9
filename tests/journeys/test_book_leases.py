"""Processes share the books of an exchange: one is killed, and another is stopped for so long that it loses its books,
and wakes up."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from threading import Event, Thread

from adapters.book_topic.place import BookTopic
from adapters.book_topic.reader import TopicReadings
from domain.market import BookReading
from tests.adapters.binance.server import BinanceServer, binance_server
from tests.journeys.program import PATIENCE, WHENCE, Running
from tests.journeys.test_scanners import written

SYMBOLS = tuple(f"A{number}USDT" for number in range(10, 22))
NAMES = [f"{symbol}-SPOT.BINANCE" for symbol in SYMBOLS]
TAKEOVER_SECONDS = 10.0
_TAKEN = re.compile(r"books of lease \d+: ([^\"]+)")


class Desk:
    """A reader of all books. `gaps` counts how often each of them was declared unknown after it was known."""

    def __init__(self, place: BookTopic) -> None:
        self._arrival = Event()
        self.source = TopicReadings(place, NAMES, on_arrival=self._arrival.set)
        self.now = dict[str, BookReading]()
        self.gaps = dict.fromkeys(NAMES, 0)
        self._updates = dict.fromkeys(NAMES, 0)

    def read(self) -> None:
        """Takes the readings of a tenth of a second. No known book may be older than one before it."""
        self._arrival.wait(0.1)
        self._arrival.clear()
        for one in self.source.readings():
            before = self.now.get(one.instrument)
            self.gaps[one.instrument] += before is not None and before.is_known and not one.is_known
            self.now[one.instrument] = one
            if one.is_known:
                assert one.update_id >= self._updates[one.instrument], f"{one.instrument} went back"
                self._updates[one.instrument] = one.update_id

    def until(self, *, known: bool, names: Sequence[str], programs: Sequence[Running]) -> float:
        """Waits until these books are all known, or all unknown; returns the seconds that it took."""
        began = time.monotonic()
        while not all(name in self.now and self.now[name].is_known is known for name in names):
            assert time.monotonic() < began + PATIENCE, [self.now[name].why for name in names]
            assert all(one.is_alive for one in programs)
            self.read()
        return time.monotonic() - began


@contextmanager
def moving(server: BinanceServer) -> Generator[None]:
    """Every book changes some five times a second."""
    ended = Event()

    def move() -> None:
        while not ended.wait(0.2):
            for symbol in SYMBOLS:
                server.step(symbol)

    thread = Thread(target=move, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def taken(log: Path) -> list[str]:
    """The instruments whose books the program of this log has taken so far."""
    return [name for found in _TAKEN.findall(log.read_text()) for name in found.split(", ")]


def test_the_books_of_a_killed_or_stopped_process_go_on_elsewhere_with_a_declared_gap_and_never_go_back(
    kafka_bootstrap_servers: str, kafka_topic: str, tmp_path: Path
) -> None:
    log = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"
    desk = Desk(BookTopic(kafka_bootstrap_servers, kafka_topic))
    with binance_server(*SYMBOLS) as server, moving(server), closing(desk.source), ExitStack() as held:

        def publisher(name: str) -> Running:
            words = ("books", "publish", "--exchange", "binance", "--instruments", ",".join(NAMES))
            further = ("--rate", "10", "--address", server.url, "--log", log)
            return held.enter_context(
                written(tmp_path, tmp_path / f"{name}.log", str(WHENCE), *words, *further)
            )

        first = publisher("first")
        desk.source.start()
        desk.until(known=True, names=NAMES, programs=[first])
        second = publisher("second")
        until_taken(tmp_path / "second.log", desk)
        desk.until(known=True, names=NAMES, programs=[first, second])

        before, seconds = dict(desk.gaps), taken(tmp_path / "second.log")
        firsts = len(taken(tmp_path / "first.log"))
        second.kill()
        lost = desk.until(known=False, names=seconds, programs=[first])
        lost += desk.until(known=True, names=seconds, programs=[first])
        assert lost < TAKEOVER_SECONDS
        # The second may have been killed before it stated the last of those that the first gave it.
        moved = taken(tmp_path / "first.log")[firsts:]
        assert set(seconds) <= set(moved) < set(NAMES)
        others = [name for name in NAMES if name not in moved]
        assert [desk.gaps[name] - before[name] for name in others] == [0] * len(others)

        third = publisher("third")
        until_taken(tmp_path / "third.log", desk)
        desk.until(known=True, names=NAMES, programs=[first, third])
        thirds = taken(tmp_path / "third.log")
        third.process.send_signal(signal.SIGSTOP)
        lost = desk.until(known=False, names=thirds, programs=[first])
        lost += desk.until(known=True, names=thirds, programs=[first])
        assert lost < TAKEOVER_SECONDS
        third.process.send_signal(signal.SIGCONT)
        until_taken(tmp_path / "third.log", desk, len(thirds))
        desk.until(known=True, names=NAMES, programs=[first, third])
        assert "was taken for dead" in (tmp_path / "third.log").read_text()
        assert [one.interrupt()[0] for one in (first, third)] == [0, 0]


def until_taken(log: Path, desk: Desk, before: int = 0) -> None:
    """Waits until the program of this log has taken further books, while readings are read."""
    end = time.monotonic() + PATIENCE
    while len(taken(log)) == before:
        assert time.monotonic() < end, log.read_text()
        desk.read()
