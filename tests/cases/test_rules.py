"""The rules of instruments that no exchange stated: they follow the whole tape and the quote currency."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from domain.catalogue import BUILT_IN, FROM_THE_TAPE
from domain.instrument import InstrumentListed
from domain.log import Envelope
from domain.order import OrderFilled
from tests.cases.case import events_of_case

D = Decimal


def listed(log: Sequence[Envelope]) -> InstrumentListed:
    (event,) = (one.event for one in log if isinstance(one.event, InstrumentListed))
    return event


def bought(log: Sequence[Envelope]) -> OrderFilled:
    return next(one.event for one in log if isinstance(one.event, OrderFilled))


@pytest.mark.parametrize(
    ("case", "tick", "lot", "price", "quantity"),
    [
        ("mid-coin-round-first", "0.0001", "1", "1.0145", "1972"),
        ("micro-price-max-quantity", "1e-10", "1", "0.0000126", "160000000"),
        ("busd-fdusd", "0.001", "1", "0.503", "9090"),
        ("quote-in-coin", "0.00001", "0.01", "0.0503", "39.84"),
    ],
)
def test_guessed_rules_let_an_entry_fill_at_the_market(
    case: str, tick: str, lot: str, price: str, quantity: str
) -> None:
    log = events_of_case(case)
    rules = listed(log)
    assert (rules.instrument.tick, rules.instrument.lot, rules.origin) == (D(tick), D(lot), FROM_THE_TAPE)
    assert (bought(log).price, bought(log).quantity) == (D(price), D(quantity))


def test_noise_in_a_price_does_not_change_the_tick_of_a_known_instrument() -> None:
    log = events_of_case("float-noise-first")
    rules = listed(log)
    assert (rules.instrument.tick, rules.origin) == (D("0.1"), BUILT_IN)
    assert bought(log).price == D("58030.1")


def test_a_market_in_busd_is_quoted_in_busd() -> None:
    rules = listed(events_of_case("busd-fdusd")).instrument
    assert (rules.base, rules.quote, rules.min_notional) == ("STRAX", "BUSD", D(5))


def test_the_least_order_of_a_market_in_btc_is_small() -> None:
    rules = listed(events_of_case("quote-in-coin")).instrument
    assert (rules.base, rules.quote, rules.min_notional) == ("ETH", "BTC", D("0.0001"))
