"""The watchdog knows every open position, its stops and since when a part of it has none."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.exchange import Accepted, AnyReport, Cancelled, OutcomeUnclear, Rejected
from commands.observer import Observer
from commands.watchdog import LONGEST_BARE, Watchdog
from domain.direction import Direction
from domain.market import KnownPrice
from tests.commands.desk import Desk, a_fill_of, chain_of, long
from tests.domain.history import BTC, NOW, D

MICRO = timedelta(microseconds=1)


class Watched:
    """A desk with an entry of 50 at 100 whose stop is at 98, and the watchdog of its driver."""

    def __init__(self) -> None:
        self.desk = Desk().opened()
        self.desk.driver.engine.market.take(KnownPrice(instrument=BTC, at=NOW, price=D(101)))
        self.dog = self.again()
        self.chain = chain_of(self.desk.see(long()))

    def again(self) -> Watchdog:
        """A watchdog that begins now, as after a restart."""
        return Watchdog(self.desk.world, self.desk.driver.engine.market, self.desk.log)

    def tell(self, *reports: AnyReport) -> None:
        observer: Observer = self.dog
        if recorded := self.desk.tell(*reports):
            observer.recorded(recorded, 0.0, 0.0)

    def fills(self, quantity: str) -> None:
        self.tell(a_fill_of(f"{self.chain}-e1", f"x{quantity}", D(quantity), D(100)))

    def rests(self, leg: str = "s1") -> None:
        name = f"{self.chain}-{leg}"
        self.tell(Accepted(order_id=name, at=NOW, fact=f"exchange:test:{leg}", venue_order_id=f"v-{leg}"))

    @property
    def bare(self) -> bool:
        """Whether the position is reported ten seconds later."""
        return bool(self.dog.unprotected(self.desk.at + LONGEST_BARE))


def ended(kind: type[Cancelled | Rejected | OutcomeUnclear], watched: Watched) -> AnyReport:
    return kind(order_id=f"{watched.chain}-s1", at=NOW, fact="exchange:test:end", reason="why")


def test_a_position_is_known_with_its_age_stop_and_last_price() -> None:
    watched = Watched()
    watched.fills("50")
    opened = watched.desk.world.portfolio.positions[BTC].opened_at
    watched.rests()
    (one,) = watched.dog.positions()
    assert (one.instrument, one.direction, one.quantity) == (BTC, Direction.LONG, D(50))
    assert (one.stops, one.covered, one.bare_since) == ((D("98.0"),), D(50), None)
    assert one.price is not None
    assert (one.price.price, one.opened_at, one.age(opened + LONGEST_BARE)) == (D(101), opened, LONGEST_BARE)


def test_a_position_without_a_resting_stop_is_reported_from_ten_seconds_on() -> None:
    watched = Watched()
    watched.fills("50")
    since = watched.desk.at
    assert watched.dog.unprotected(since + LONGEST_BARE - MICRO) == []
    (one,) = watched.dog.unprotected(since + LONGEST_BARE)
    assert (one.stream, one.stops, one.bare_since) == (f"position-main-{BTC}-LONG-1", (), since)


def test_the_report_ends_when_the_stop_rests() -> None:
    watched = Watched()
    watched.fills("50")
    assert watched.bare
    watched.rests()
    assert not watched.bare


@pytest.mark.parametrize("kind", [Cancelled, Rejected, OutcomeUnclear])
def test_a_stop_that_ended_or_may_not_be_there_protects_nothing_from_that_report_on(
    kind: type[Cancelled | Rejected | OutcomeUnclear],
) -> None:
    watched = Watched()
    watched.fills("50")
    watched.rests()
    watched.desk.at += timedelta(hours=1)
    watched.tell(ended(kind, watched))
    since = watched.desk.at
    assert watched.dog.unprotected(since + LONGEST_BARE - MICRO) == []
    assert [one.bare_since for one in watched.dog.unprotected(since + LONGEST_BARE)] == [since]


def test_a_target_that_rests_is_no_stop() -> None:
    watched = Watched()
    watched.fills("50")
    watched.rests("t1")
    assert watched.bare


def test_other_events_do_not_begin_the_time_again() -> None:
    watched = Watched()
    watched.fills("20")
    since = watched.desk.at
    watched.fills("30")
    (one,) = watched.dog.unprotected(since + LONGEST_BARE)
    assert (one.quantity, one.bare_since) == (D(50), since)


def test_a_closed_position_is_not_known_any_more() -> None:
    watched = Watched()
    watched.fills("50")
    watched.tell(a_fill_of(f"{watched.chain}-s1", "out", D(50), D(98)))
    assert (watched.dog.positions(), watched.bare) == ([], False)


def test_a_watchdog_that_begins_later_counts_from_the_opening() -> None:
    watched = Watched()
    watched.fills("50")
    opened = watched.desk.world.portfolio.positions[BTC].opened_at
    assert [one.bare_since for one in watched.again().unprotected(opened + LONGEST_BARE)] == [opened]


@pytest.mark.parametrize("kind", [Cancelled, OutcomeUnclear])
def test_a_watchdog_that_begins_later_counts_from_the_end_of_the_stop_that_worked(
    kind: type[Cancelled | OutcomeUnclear],
) -> None:
    watched = Watched()
    watched.fills("50")
    watched.rests()
    watched.desk.at += timedelta(hours=1)
    watched.tell(ended(kind, watched))
    since = watched.desk.at
    watched.desk.at += timedelta(minutes=1)
    watched.tell(Rejected(order_id=f"{watched.chain}-t1", at=NOW, fact="exchange:test:t1", reason="why"))
    assert [one.bare_since for one in watched.dog.positions()] == [since]
    assert [one.bare_since for one in watched.again().positions()] == [since]


def test_a_stop_that_was_refused_does_not_begin_the_time_again() -> None:
    watched = Watched()
    watched.fills("50")
    opened = watched.desk.world.portfolio.positions[BTC].opened_at
    watched.desk.at += timedelta(minutes=1)
    watched.tell(ended(Rejected, watched))
    assert [one.bare_since for one in watched.again().positions()] == [opened]


def test_the_stop_of_the_position_before_does_not_count() -> None:
    watched = Watched()
    watched.fills("50")
    watched.rests()
    before = watched.chain
    watched.tell(a_fill_of(f"{before}-t1", "out", D(50), D(106)))
    watched.chain = chain_of(watched.desk.see(long()))
    watched.tell(a_fill_of(f"{watched.chain}-e1", "again", D(10), D(100)))
    opened = watched.desk.world.portfolio.positions[BTC].opened_at
    late = Cancelled(order_id=f"{before}-s1", at=NOW, fact="exchange:test:late", reason="why")
    watched.tell(late)
    assert [one.bare_since for one in watched.again().positions()] == [opened]
