"""What an account at an exchange must be before an engine trades on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from commands.clock_reading import ClockReading
from commands.exchange import Funded, Liquidated
from commands.venue_account import (
    MOST_APART,
    KeyRights,
    TradingTerms,
    VenueAccount,
    check,
    check_market_time,
    set_terms,
)
from domain.errors import Refused
from tests.domain.history import BTC, ETH, NOW

D = Decimal
TRADES = KeyRights(may_trade=True, may_withdraw=False)


@dataclass
class Book:
    """A `VenueAccount` in memory; what `holds` keeps its terms whatever is set."""

    skew: timedelta = timedelta()
    key: KeyRights = TRADES
    is_isolated: bool = True
    is_one_way: bool = True
    holds: bool = False
    leverages: dict[str, Decimal] = field(default_factory=lambda: {BTC: D(1), ETH: D(5)})
    changed: list[str] = field(default_factory=list[str])
    settled: tuple[Funded | Liquidated, ...] = ()
    market: dict[str, datetime] = field(default_factory=dict[str, datetime])

    def clock_reading(self) -> ClockReading:
        return ClockReading(self.skew, timedelta(milliseconds=20))

    def market_time(self, instrument: str) -> datetime | None:
        return self.market.get(instrument)

    def rights(self) -> KeyRights:
        return self.key

    def terms(self, instruments: Sequence[str]) -> Sequence[TradingTerms]:
        return [
            TradingTerms(
                instrument=name,
                is_one_way=self.is_one_way,
                is_isolated=self.is_isolated,
                leverage=self.leverages[name],
            )
            for name in instruments
        ]

    def set_one_way(self, instrument: str) -> None:
        self.changed.append(f"one way {instrument}")
        self.is_one_way = self.is_one_way or not self.holds

    def set_leverage(self, instrument: str, leverage: Decimal) -> None:
        self.changed.append(f"leverage {instrument}")
        if not self.holds:
            self.leverages[instrument] = leverage

    def settlements(self, since: datetime) -> Sequence[Funded | Liquidated]:
        return [one for one in self.settled if one.at >= since]

    def silence(self) -> str:
        return ""


def prepare(account: VenueAccount, instruments: Sequence[str], leverage: Decimal) -> None:
    """Checks the account, and sets what differs."""

    def permitted(_instrument: str) -> Sequence[Decimal]:
        return (leverage,)

    set_terms(account, check(account, instruments, permitted), permitted)


@pytest.mark.parametrize("stated", [None, NOW + MOST_APART, NOW - MOST_APART])
def test_a_market_of_the_clocks_time_or_of_none_fits(stated: datetime | None) -> None:
    check_market_time(Book(market={} if stated is None else {BTC: stated}), BTC, NOW)


@pytest.mark.parametrize("apart", [timedelta(days=-1), timedelta(days=1), timedelta(seconds=-61)])
def test_a_market_of_another_time_than_the_clocks_is_refused_with_both_times(apart: timedelta) -> None:
    with pytest.raises(
        Refused, match=r"the exchange's market has the time 20.*this machine's clock shows 20"
    ):
        check_market_time(Book(market={BTC: NOW + apart}), BTC, NOW)


def test_a_check_changes_nothing_and_states_what_differs() -> None:
    book = Book()
    assert [one.instrument for one in check(book, [BTC, ETH], lambda _instrument: (D(5),))] == [BTC]
    assert book.changed == []


def test_terms_that_differ_are_set_and_others_are_left_alone() -> None:
    book = Book()
    prepare(book, [BTC, ETH], D(5))
    assert (book.changed, book.leverages) == ([f"leverage {BTC}"], {BTC: D(5), ETH: D(5)})


def test_hedge_mode_is_left() -> None:
    book = Book(is_one_way=False)
    prepare(book, [ETH], D(5))
    assert book.changed == [f"one way {ETH}"]


@pytest.mark.parametrize(
    ("book", "words"),
    [
        (Book(skew=timedelta(seconds=1.1)), "clock is 1.1 s behind the exchange's, give or take 0.01 s"),
        (Book(skew=timedelta(seconds=-90)), "clock is 90 s ahead of the exchange's, .*set the clock right"),
        (Book(key=KeyRights(may_trade=True, may_withdraw=True)), "may withdraw money"),
        (Book(key=KeyRights(may_trade=False, may_withdraw=False)), "may not trade"),
        (Book(is_isolated=False), f"{BTC}: the account's margin mode is not isolated.*; {ETH}: "),
        (Book(holds=True), f"{BTC}: the leverage is 1 after it was set to 5"),
        (Book(is_one_way=False, holds=True), f"{BTC}: it is in hedge mode"),
    ],
    ids=["clock behind", "clock ahead", "withdrawal", "no trade", "margin mode", "leverage", "hedge mode"],
)
def test_an_account_that_does_not_fit_is_refused_with_what_to_change(book: Book, words: str) -> None:
    with pytest.raises(Refused, match=words):
        prepare(book, [BTC, ETH], D(5))


def test_a_clock_that_differs_by_a_second_is_good_enough() -> None:
    prepare(Book(skew=timedelta(seconds=-1)), [ETH], D(5))
