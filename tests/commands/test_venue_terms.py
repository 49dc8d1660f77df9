"""Terms of trading that others change at the exchange."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from commands.venue_account import TradingTerms
from commands.venue_terms import AT_ONCE, TermsWatch
from tests.commands.test_venue_account import Book
from tests.domain.history import BTC, ETH, D

MANY = [f"X{number}" for number in range(2 * AT_ONCE)]


class Counting(Book):
    """Notes which terms are queried."""

    def terms(self, instruments: Sequence[str]) -> Sequence[TradingTerms]:
        self.changed += instruments
        return super().terms(instruments)


def watch(book: Book, instruments: Sequence[str] = (BTC, ETH)) -> TermsWatch:
    return TermsWatch(book, instruments, lambda _instrument: (D(5),))


@pytest.mark.parametrize(
    ("book", "key"),
    [
        (Book(leverages={BTC: D("7.5"), ETH: D(5)}), (BTC, "leverage 7.5")),
        (Book(leverages={BTC: D(5)}, is_one_way=False), (BTC, "hedge mode")),
        (Book(leverages={BTC: D(5)}, is_isolated=False), (BTC, "cross margin")),
        (Book(leverages={BTC: D(1)}, is_isolated=False), (BTC, "leverage 1", "cross margin")),
    ],
)
def test_each_of_the_terms_that_differs_is_named(book: Book, key: tuple[str, ...]) -> None:
    (found,) = watch(book, list(book.leverages)).differences({BTC, ETH})
    assert found.key == key
    assert found.found.startswith(" and ".join(key[1:]))
    assert "leverage 5, one-way mode and isolated margin here" in found.found


def test_of_many_instruments_some_are_queried_each_time_and_those_that_differ_always() -> None:
    book = Counting(leverages=dict.fromkeys(MANY, D(5)))
    book.leverages[MANY[0]] = D(7)
    watching = watch(book, MANY)
    assert [one.subject for one in watching.differences(MANY)] == MANY[:1]
    assert book.changed == MANY[:AT_ONCE]
    assert not watching.was_queried(MANY[-1])
    book.changed.clear()
    assert len(watching.differences(MANY)) == 1, "a known difference is stated until it is over"
    assert book.changed == [MANY[0], *MANY[AT_ONCE:]]
    book.leverages[MANY[0]] = D(5)
    assert watching.differences(MANY) == []


def test_an_instrument_that_is_no_longer_traded_is_not_queried() -> None:
    book = Counting(leverages={BTC: D(7), ETH: D(5)})
    watching = watch(book)
    assert len(watching.differences({BTC, ETH})) == 1
    book.changed.clear()
    assert watching.differences({ETH}) == []
    assert book.changed == [ETH]
