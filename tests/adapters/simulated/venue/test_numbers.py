"""Figures of real captures and of the help centre, to the last digit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from adapters.simulated.server.numbers import exact, rounded
from adapters.simulated.server.position_row import closing_row, position_row
from tests.adapters.simulated.venue.scene import Scene


def test_closed_profit_is_gross_less_both_fees() -> None:
    # A capture in ccxt's fixtures: 1 from 55.9375 to 55.563 at a taker's fee of 0.055 %.
    scene = Scene(symbol="SOLUSDT")
    scene.trades("Buy", "55.93", "0.1")
    scene.shows("Sell", "55.93", "0.5")
    scene.shows("Sell", "55.94", "0.5")
    scene.places("Buy", "1")
    scene.shows("Buy", "55.56", "1")
    order = scene.places("Sell", "1", reduceOnly=True)
    gross = Decimal("55.56") - Decimal("55.935")
    fees = (Decimal("55.935") + Decimal("55.56")) * Decimal("0.00055")
    assert order.closed_pnl == gross - fees
    assert closing_row(scene.account.closings[order.id])["closedPnl"] == rounded(gross - fees)


@pytest.mark.parametrize(
    ("opened", "closed", "profit"), [("55.9375", "55.563", "-0.43582528"), ("100", "101", "0.88945")]
)
def test_a_captured_profit_is_met_to_the_last_digit(opened: str, closed: str, profit: str) -> None:
    fees = (Decimal(opened) + Decimal(closed)) * Decimal("0.00055")
    assert rounded(Decimal(closed) - Decimal(opened) - fees) == profit


@pytest.mark.parametrize(("side", "limit"), [("Buy", "77201.1"), ("Sell", "75672.5")])
def test_a_market_order_is_limited_to_one_percent_of_the_last_price_rounded_inward(
    side: str, limit: str
) -> None:
    scene = Scene(balance="100000")
    scene.quotes("76436.8")
    order = scene.places(side, "0.01")
    assert exact(order.price) == limit


def test_margins_of_a_position_have_the_fee_to_close() -> None:
    scene = Scene()
    scene.quotes("50000")
    scene.places("Buy", "0.02")
    value, leverage, fee = Decimal("0.02") * Decimal("50000.1"), Decimal(10), Decimal("0.00055")
    to_close = value * (1 - 1 / leverage) * fee
    row = position_row(scene.position(), scene.market.mark_price)
    assert row["positionIM"] == rounded(value / leverage + to_close)
    assert row["positionMM"] == rounded(value * Decimal("0.005") + to_close)
    assert row["curRealisedPnl"] == f"-{exact(value * fee)}"


def test_the_entry_price_is_weighted_to_eight_decimals() -> None:
    scene = Scene(balance="100000")
    scene.quotes("50000", "0.001")
    scene.shows("Sell", "50000.2", "0.002")
    scene.places("Buy", "0.003")
    assert position_row(scene.position(), scene.market.mark_price)["avgPrice"] == "50000.16666667"


def test_unrealised_profit_is_by_the_mark_price() -> None:
    scene = Scene()
    scene.quotes("50000")
    scene.places("Sell", "0.02")
    scene.venue.set_prices(scene.symbol, scene.now, mark=Decimal(49500))
    row = position_row(scene.position(), scene.market.mark_price)
    assert row["unrealisedPnl"] == exact((Decimal("49999.9") - 49500) * Decimal("0.02"))


def test_a_fill_as_maker_pays_the_makers_fee() -> None:
    scene = Scene()
    scene.quotes("50000")
    scene.places("Buy", "0.01", "49999")
    scene.trades("Sell", "49999", "5")
    assert scene.balance == Decimal(10000) - Decimal("499.99") * Decimal("0.0002")


def test_a_level_has_its_own_fees() -> None:
    scene = Scene()
    scene.account.level = "Pro 4"
    scene.quotes("50000")
    scene.places("Buy", "0.01")
    assert scene.executions()[0].fee_rate == Decimal("0.00028")


@pytest.mark.parametrize(
    ("side", "leverage", "liquidation"),
    # The formulas of the help centre: entry -/+ (initial margin - maintenance margin) / size.
    [("Buy", "10", "45250.0905"), ("Sell", "10", "54749.8905"), ("Buy", "100", "49750.0995")],
)
def test_the_liquidation_price_is_by_isolated_margin(side: str, leverage: str, liquidation: str) -> None:
    scene = Scene()
    scene.quotes("50000")
    if leverage != "10":
        scene.sets_leverage(leverage)
    scene.places(side, "0.01")
    assert scene.position().liquidation_price == Decimal(liquidation)
