"""The thread that keeps letters: it delays nobody, and counts what it cannot keep."""

from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import count
from pathlib import Path
from threading import Event

import pytest

from adapters.dead_letters.backlog import Backlog
from adapters.dead_letters.keeper import LetterKeeper
from adapters.dead_letters.state import LetterSource, LetterState
from adapters.dead_letters.store import DeadLetters
from adapters.dead_letters.unread import keep_unread_market
from commands.exchange import Unread
from domain.errors import StoreUnavailable
from infra.config import WhenceSettings
from infra.dead_letters import open_letters
from tests.adapters.dead_letters.lettering import NOON, came

Opened = Callable[[], DeadLetters]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    settings = WhenceSettings(log=f"sqlite:///{tmp_path / 'log.db'}")
    return lambda: open_letters(settings)


def reasons(opened: Opened) -> list[str]:
    letters = opened()
    try:
        return sorted(one.reason for one in letters.letters())
    finally:
        letters.close()


def test_what_waits_is_written_at_the_end(opened: Opened) -> None:
    keeper = LetterKeeper(opened, lambda: NOON)
    keeper.keep([came(number) for number in range(3_000)])
    keeper.close()
    keeper.close()
    letters = opened()
    assert letters.counts()[came().letter.source, came().letter.state] == 3_000
    letters.close()


def test_without_letters_no_store_is_opened(tmp_path: Path, opened: Opened) -> None:
    keeper = LetterKeeper(opened, lambda: NOON)
    keeper.keep([])
    keeper.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("backlog", "kept"),
    [(Backlog(most=10), 10), (Backlog(most_bytes=70), 7)],
    ids=["ten letters", "70 bytes"],
)
def test_letters_that_come_faster_than_they_are_written_are_counted_by_source_and_place(
    opened: Opened, backlog: Backlog, kept: int
) -> None:
    gate = Event()

    def after_the_gate() -> DeadLetters:
        gate.wait()
        return opened()

    keeper = LetterKeeper(after_the_gate, lambda: NOON, backlog=backlog)
    keeper.keep([came(number, b"0123456789") for number in range(20)])
    keeper.keep([came(number, source=LetterSource.RECORD, place=f"topic[0]@{number}") for number in range(5)])
    gate.set()
    keeper.close()
    faster = "more were counted and not kept: they came faster than they could be written"
    assert reasons(opened) == sorted([f"{20 - kept} {faster}", f"5 {faster}", *["it is not JSON"] * kept])


def test_letters_over_the_number_that_a_store_may_have_are_counted(opened: Opened) -> None:
    keeper = LetterKeeper(opened, lambda: NOON, most_stored=5)
    keeper.keep([came(number) for number in range(8)])
    keeper.close()
    again = LetterKeeper(opened, lambda: NOON.replace(hour=13), most_stored=5)
    again.keep([came(100)])
    again.close()
    many = "more were counted and not kept: the store has as many letters as it may have"
    assert reasons(opened) == sorted([f"3 {many}", f"1 {many}", *["it is not JSON"] * 5])


def test_letters_wait_while_the_store_does_not_answer(opened: Opened) -> None:
    attempts, answers = count(1), Event()

    def at_the_third() -> DeadLetters:
        if next(attempts) < 3:
            raise StoreUnavailable("not now")
        answers.set()
        return opened()

    keeper = LetterKeeper(at_the_third, lambda: NOON, pause=0.01)
    keeper.keep([came(), came(1)])
    assert answers.wait(60)
    keeper.close()
    assert len(reasons(opened)) == 2


def test_an_outage_of_the_store_is_logged_once_with_its_end(
    opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    attempts = count(1)

    def at_the_fourth() -> DeadLetters:
        if (attempt := next(attempts)) < 4:
            raise StoreUnavailable("not now" if attempt < 3 else "a trigger")
        return opened()

    keeper = LetterKeeper(at_the_fourth, lambda: NOON, pause=0.01)
    with caplog.at_level(logging.WARNING):
        keeper.keep([came()])
        while "dead letters are kept again" not in caplog.messages:
            Event().wait(0.01)
        keeper.close()
    waits = "alert: dead letters are not kept yet: "
    assert caplog.messages == [f"{waits}not now", f"{waits}a trigger", "dead letters are kept again"]


def test_letters_that_no_store_takes_are_logged_with_their_number(caplog: pytest.LogCaptureFixture) -> None:
    def never() -> DeadLetters:
        raise StoreUnavailable("not now")

    keeper = LetterKeeper(never, lambda: NOON, pause=0.01)
    with caplog.at_level(logging.ERROR):
        keeper.keep([came(number) for number in range(1_234)])
        keeper.close()
    assert "alert: 1,234 dead letters could not be kept" in caplog.messages


def test_of_a_flood_each_letter_is_kept_or_counted(opened: Opened) -> None:
    keeper = LetterKeeper(opened, lambda: NOON.replace(year=2030), backlog=Backlog(most=1_500))
    flood = [came(number) for number in range(10_000)]
    for start in range(0, len(flood), 1_000):
        keeper.keep(flood[start : start + 1_000])
    keeper.close()
    letters = opened()
    total = sum(letters.counts().values())
    counts = [one.reason for one in letters.letters() if "more were counted" in one.reason]
    letters.close()
    assert total - len(counts) + sum(int(one.split()[0].replace(",", "")) for one in counts) == len(flood)


class Feed:
    """Market data of which two messages could not be read."""

    def __init__(self) -> None:
        self._unread = [Unread("{", "it is not JSON"), Unread("{", "it is not JSON")]

    def unread(self) -> list[Unread]:
        found, self._unread = self._unread, []
        return found


def test_messages_of_market_data_are_letters_of_their_own_source(opened: Opened) -> None:
    keeper, feed = LetterKeeper(opened, lambda: NOON), Feed()
    assert keep_unread_market(feed, "bybit", keeper, NOON) == 2
    assert keep_unread_market(feed, "bybit", keeper, NOON) == 0
    keeper.close()
    letters = opened()
    assert dict(letters.counts()) == {(LetterSource.MARKET, LetterState.NEW): 2}
    letters.close()
