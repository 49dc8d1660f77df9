"""Orders at the exchange on the venue's matching engine: stops and targets, refusals, amendments."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from adapters.simulated.matched import MatchedExchange, MatchedRules
from commands.exchange import Amended, Triggered
from domain.errors import ExchangeRefused, InvalidSettings
from domain.venue import VenueStatus
from tests.adapters.simulated.matched_scene import AT_ONCE, Matched
from tests.adapters.simulated.scene import (
    BTC,
    BUY,
    SELL,
    START,
    d,
    fills,
    instrument,
    kinds,
    long_with,
    of_kind,
    reasons,
    stop_of,
    target_of,
    ticket,
)
from tests.replacing import replace


def shown() -> Matched:
    scene = Matched()
    scene.shown("99.9x5 99.8x10", "100.1x5 100.2x10")
    return scene


def statuses(scene: Matched, *order_ids: str) -> list[VenueStatus | None]:
    found = [scene.exchange.order(one) for one in order_ids]
    return [None if one is None else one.status for one in found]


def test_a_stop_and_a_target_grow_with_the_fills_of_their_entry() -> None:
    scene = shown()
    scene.sent(*long_with("99", "101", quantity="2", limit="99.9"))
    scene.traded(SELL, "99.9", "5")
    first = of_kind(Amended, scene.traded(SELL, "99.9", "0.5"))
    assert [(one.order_id, one.quantity) for one in first] == [("e-target", d("0.5")), ("e-stop", d("0.5"))]
    second = of_kind(Amended, scene.traded(SELL, "99.9", "1.5"))
    assert [(one.order_id, one.quantity) for one in second] == [("e-target", d("2")), ("e-stop", d("2"))]


def test_a_stop_is_reported_as_triggered_and_fills_at_what_the_book_shows() -> None:
    scene = shown()
    scene.sent(*long_with("99", "101"))
    reports = scene.shown("98.5x3", "98.7x3")
    assert [one.price for one in of_kind(Triggered, reports)] == [d("99")]
    assert fills(reports) == [("e-stop", d("1"), d("98.5"))]
    assert statuses(scene, "e-stop", "e-target") == [VenueStatus.FILLED, VenueStatus.CANCELLED]


def test_a_refused_entry_refuses_its_stop_and_target() -> None:
    scene = shown()
    reports = scene.sent(*long_with("99", "101", quantity="100000"))
    assert kinds(reports) == ["e Rejected", "e-stop Rejected", "e-target Rejected"]
    assert reasons(reports)["e"].startswith("10001: The number of contracts exceeds maximum limit")


def test_an_entry_that_finds_nothing_is_rejected_with_its_stop_and_target() -> None:
    scene = Matched()
    scene.shown("99.9x1", "")
    reports = scene.sent(*long_with("99", "101"))
    assert kinds(reports) == ["e Rejected", "e-stop Rejected", "e-target Rejected"]
    assert reasons(reports)["e"] == "EC_NoImmediateQtyToFill"


def test_the_stop_and_target_of_an_order_that_only_closed_a_position_end_with_it() -> None:
    scene = shown()
    scene.sent(ticket("short", SELL, "3"))
    reports = scene.sent(*long_with("99", "101"))
    assert kinds(reports)[-2:] == ["e-stop Cancelled", "e-target Cancelled"]
    assert scene.exchange.open_orders() == []


def test_a_target_whose_stop_stands_is_not_cancelled() -> None:
    scene = shown()
    scene.sent(*long_with("99", "101"))
    reports = scene.cancelled("e-target")
    assert reasons(reports) == {"e-target": "not sent: Bybit would cancel the stop together with its target"}
    assert kinds(scene.cancelled("e-stop")) == ["e-stop Cancelled"]
    assert kinds(scene.cancelled("e-target")) == ["e-target Cancelled"]


def test_a_carried_stop_is_cancelled_and_never_attached() -> None:
    scene = shown()
    scene.sent(*long_with("99", "101", limit="99.9"))
    assert kinds(scene.cancelled("e-stop")) == ["e-stop Cancelled"]
    scene.traded(SELL, "99.7", "9")
    assert [one.order_id for one in scene.exchange.open_orders()] == ["e-target"]


@pytest.mark.parametrize("limit", ["99.9", ""], ids=["carried", "attached"])
def test_the_levels_of_a_stop_and_a_target_are_amended(limit: str) -> None:
    scene = shown()
    scene.sent(*long_with("99", "101", limit=limit or None))
    (stop,) = of_kind(Amended, scene.amended("e-stop", trigger="99.4"))
    (target,) = of_kind(Amended, scene.amended("e-target", limit="100.9"))
    assert (stop.trigger_price, stop.limit_price) == (d("99.4"), None)
    assert (target.limit_price, target.trigger_price) == (d("100.9"), None)


def test_the_quantity_of_a_carried_stop_is_that_of_its_entry() -> None:
    scene = shown()
    scene.sent(*long_with("99", "101", limit="99.9"))
    assert list(reasons(scene.amended("e-stop", quantity="2"))) == ["e-stop"]
    amended = of_kind(Amended, scene.amended("e", quantity="2"))
    assert {one.order_id: one.quantity for one in amended} == dict.fromkeys(
        ("e", "e-stop", "e-target"), d("2")
    )


def test_an_amendment_without_a_change_is_refused() -> None:
    scene = shown()
    scene.sent(ticket("l", BUY, "1", limit="99.9"))
    assert kinds(scene.amended("l", limit="99.9")) == ["l AmendRefused"]


def test_an_order_of_an_unknown_instrument_is_rejected() -> None:
    other = instrument("ETHUSDT")
    assert reasons(shown().sent(ticket("o", BUY, "1", of=other))) == {
        "o": "10029: the requested symbol is invalid"
    }


def test_a_stop_that_an_entry_cannot_carry_refuses_the_whole_call() -> None:
    scene, entry = shown(), ticket("e", BUY, "1")
    with pytest.raises(ExchangeRefused, match="the entry e cannot carry e-stop"):
        scene.sent(entry, stop_of("e", SELL, "2", "99"))
    with pytest.raises(ExchangeRefused, match="the entry e cannot carry e-stop"):
        scene.sent(entry, stop_of("e", SELL, "1", "99"), stop_of("e", SELL, "1", "98"))
    assert scene.sent(target_of("e", SELL, "1", "101")) != []


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"latency": timedelta(seconds=-1)}, "latency"),
        ({"price_band": Decimal(1)}, "price_band"),
        ({"level": "VIP 99"}, "VIP 99"),
    ],
)
def test_rules_out_of_range_are_refused(changed: dict[str, object], why: str) -> None:
    with pytest.raises(InvalidSettings, match=why):
        replace(AT_ONCE, **changed)


@pytest.mark.parametrize(
    ("currency", "balance", "leverage"),
    [("EUR", "1", "1"), ("USDT", "-1", "1"), ("USDT", "1", "0.5"), ("USDT", "1", "101")],
)
def test_an_account_that_cannot_trade_the_instruments_is_refused(
    currency: str, balance: str, leverage: str
) -> None:
    with pytest.raises(InvalidSettings):
        MatchedExchange({BTC.id: BTC}, currency, d(balance), d(leverage), MatchedRules(), START)
