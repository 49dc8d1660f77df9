"""Fills that follow recorded trades: takers at the next trade, resting orders up to the traded quantity, triggers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from adapters.simulated.rules import SimulationRules
from adapters.simulated.trade_quotes import LEVELS
from adapters.simulated.traded import TradedExchange
from commands.exchange import AnyReport, Filled, Ticket
from domain.direction import Side
from domain.errors import InvalidInput
from domain.market import Trade
from domain.order import Liquidity
from tests.adapters.simulated.matched_scene import SECOND, trade
from tests.adapters.simulated.scene import (
    BTC,
    BUY,
    NO_LATENCY,
    SELL,
    START,
    d,
    fills,
    instrument,
    kinds,
    reasons,
    stop_of,
    target_of,
    ticket,
)
from tests.replacing import replace

RULES = SimulationRules(
    slippage=d("0.001"), slippage_jitter=d("0"), volume_share=d("0.1"), latency=NO_LATENCY
)
"""A tenth of the last minute's volume is shown at each level, and the levels are a tenth of a percent apart."""


class Traded:
    """Each trade is a second after the one before. The market begins with a sale at 100 of 100 BTC."""

    def __init__(self, rules: SimulationRules = RULES, *, balance: str = "100000") -> None:
        self.exchange = TradedExchange({BTC.id: BTC}, "USDT", d(balance), d("10"), rules, 7, START)
        self.now = START
        self.traded(SELL, "100", "100")

    def traded(self, side: Side, price: str, quantity: str, after: timedelta = SECOND) -> Sequence[AnyReport]:
        """The reports that follow from a trade."""
        self.now += after
        for _at in self.exchange.on_trades([trade(side, price, quantity, self.now)]):
            pass
        return self.exchange.reports()

    def sent(self, *tickets: Ticket) -> None:
        self.exchange.submit([Ticket(one.order_id, one.terms, self.now) for one in tickets])
        assert self.exchange.reports() == []


def test_a_market_order_is_carried_out_at_the_next_trade_beyond_its_price_by_the_slippage() -> None:
    scene = Traded()
    scene.sent(ticket("m", BUY, "2"))
    reports = scene.traded(BUY, "104", "0.1")
    assert fills(reports) == [("m", d("2"), d("104.2"))]  # 104.104, rounded up to the tick
    assert {one.at for one in reports if isinstance(one, Filled)} == {scene.now}


def test_a_larger_market_order_pays_a_further_slippage_for_each_share_of_the_last_minutes_volume() -> None:
    scene = Traded()
    scene.sent(ticket("m", SELL, "25"))
    assert fills(scene.traded(SELL, "100", "20")) == [
        ("m", d("12"), d("99.9")),
        ("m", d("12"), d("99.8")),
        ("m", d("1"), d("99.7")),
    ]


def test_what_the_levels_do_not_hold_is_cancelled_and_a_trade_of_over_a_minute_ago_counts_no_more() -> None:
    scene = Traded()
    scene.sent(ticket("m", BUY, "50"))
    reports = scene.traded(BUY, "100", "20", after=timedelta(minutes=1))
    assert sum(one[1] for one in fills(reports)) == LEVELS * d("2")
    assert kinds(reports)[-1] == "m Cancelled"


def test_a_taker_against_the_last_trade_pays_the_spread_that_trades_of_both_sides_show() -> None:
    scene = Traded()
    scene.traded(BUY, "100.5", "1")
    scene.sent(ticket("m", BUY, "1"))
    assert fills(scene.traded(SELL, "100.2", "1")) == [("m", d("1"), d("100.7"))]  # 100.5 * 1.001


def test_a_quote_that_the_market_has_passed_or_left_a_minute_ago_is_a_tick_away_from_the_trade() -> None:
    scene = Traded()
    scene.traded(BUY, "100.5", "1")
    scene.sent(ticket("m", BUY, "1"))
    assert fills(scene.traded(SELL, "100.8", "1")) == [("m", d("1"), d("101.1"))]  # 100.9 * 1.001
    scene.sent(ticket("n", BUY, "0.1"))
    assert fills(scene.traded(SELL, "90", "5", after=timedelta(minutes=1))) == [("n", d("0.1"), d("90.2"))]


def test_a_request_that_has_not_arrived_waits_for_a_later_trade() -> None:
    scene = Traded(replace(RULES, latency=timedelta(milliseconds=1500)))
    scene.sent(ticket("m", BUY, "1"))
    assert scene.traded(BUY, "101", "1") == []
    assert fills(scene.traded(BUY, "102", "1")) == [("m", d("1"), d("102.2"))]


def test_a_resting_order_is_filled_by_trades_at_its_price_and_beyond_up_to_their_quantity() -> None:
    scene = Traded()
    scene.sent(ticket("l", BUY, "2", limit="99"))
    assert kinds(scene.traded(BUY, "100", "1")) == ["l Accepted"]
    assert scene.traded(SELL, "99.1", "9") == []
    assert fills(scene.traded(SELL, "99", "0.5")) == [("l", d("0.5"), d("99"))]
    (fill,) = [one for one in scene.traded(SELL, "98", "1") if isinstance(one, Filled)]
    assert (fill.quantity, fill.price, fill.liquidity) == (d("1"), d("99"), Liquidity.MAKER)
    assert fills(scene.traded(SELL, "97", "9")) == [("l", d("0.5"), d("99"))]


def test_a_buyers_trade_below_a_resting_purchase_fills_nothing_of_it_beyond_the_traded_quantity() -> None:
    """The quotes that trades show never trade with our orders, also where they lie beyond them."""
    scene = Traded()
    scene.sent(ticket("l", BUY, "5", limit="99"))
    scene.traded(BUY, "100", "1")
    assert fills(scene.traded(SELL, "98", "0.2")) == [("l", d("0.2"), d("99"))]
    assert fills(scene.traded(BUY, "98.1", "30")) == []


def test_a_stop_is_triggered_by_a_trade_and_pays_the_price_that_this_trade_shows() -> None:
    scene = Traded()
    scene.sent(ticket("m", BUY, "1"), stop_of("m", SELL, "1", "95"), target_of("m", SELL, "1", "120"))
    scene.traded(BUY, "100", "1")
    assert scene.traded(SELL, "95.1", "1") == []
    reports = scene.traded(SELL, "94", "1")
    assert fills(reports) == [("m-stop", d("1"), d("93.9"))]  # 93.906, rounded down
    assert "m-target Cancelled" in kinds(reports)


def test_an_entry_and_its_stop_that_one_trade_reaches_are_both_filled() -> None:
    scene = Traded()
    scene.sent(ticket("l", BUY, "1", limit="99"), stop_of("l", SELL, "1", "98"))
    scene.traded(BUY, "100", "1")
    assert fills(scene.traded(SELL, "97", "5")) == [("l", d("1"), d("99")), ("l-stop", d("1"), d("96.9"))]


def test_a_position_is_liquidated_by_the_price_of_a_trade() -> None:
    scene = Traded(balance="1100")
    scene.sent(ticket("m", BUY, "50"))
    scene.traded(BUY, "100", "900")
    assert [type(one).__name__ for one in scene.traded(SELL, "85", "1")] == ["Liquidated"]
    assert scene.exchange.positions() == []


def test_an_entry_that_has_become_stale_before_the_next_trade_expires() -> None:
    scene = Traded()
    scene.sent(ticket("m", BUY, "1"))
    assert kinds(scene.traded(BUY, "100", "1", after=timedelta(minutes=6)))[-1] == "m Expired"


def test_an_order_is_judged_by_the_price_of_the_trade_at_which_it_is_carried_out() -> None:
    scene = Traded()
    scene.traded(BUY, "150", "50")
    scene.sent(ticket("l", BUY, "1", limit="148.6"), ticket("far", BUY, "1", limit="160"))
    reports = scene.traded(BUY, "150", "1")
    assert kinds(reports) == ["l Accepted", "far Rejected"]
    assert reasons(reports)


def test_a_trade_of_another_instrument_is_refused() -> None:
    other = instrument("ETHUSDT")
    unknown = Trade(instrument=other.id, at=START, trade_id="1", side=BUY, price=d("1"), quantity=d("1"))
    with pytest.raises(InvalidInput, match=r"a trade of ETHUSDT-LINEAR\.BYBIT, which is not traded here"):
        list(Traded().exchange.on_trades([unknown]))
