"""The leverage of an instrument at the exchanges in this process: set, refused, used and restored."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from adapters.simulated import SimulatedExchange
from adapters.simulated.matched import MatchedExchange, MatchedRules
from adapters.simulated.version import RULES_VERSION
from commands.exchange import Liquidated
from commands.guarding import Guard
from commands.leverage import LeverageSet
from commands.outgoing import unconfirmed_leverages
from commands.sender import Sender
from commands.world import World
from domain.errors import ExchangeRefused
from domain.leverage.change import LeverageChanged, LeverageChangeRequested
from domain.log import LOG_STREAM
from domain.market import MarketView
from domain.opening import LogOpened
from domain.streams import leverage_stream
from tests.adapters.simulated.scene import BTC, BUY, SMOOTH, START, after_candles, candle, d, of_kind, ticket
from tests.domain.history import ACCOUNT, History, an_open_day
from tests.replacing import replace
from tests.schemas.samples import SAMPLES

KINDS = ("candles", "matched")


def by_candles() -> SimulatedExchange:
    return SimulatedExchange({BTC.id: BTC}, "USDT", d("10000"), d("10"), SMOOTH, 7)


def matched() -> MatchedExchange:
    return MatchedExchange(
        {BTC.id: BTC}, "USDT", d("10000"), d("10"), MatchedRules(latency=timedelta(0)), START
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_leverage_of_an_instrument_is_set_also_twice_and_refused_beyond_its_rules(kind: str) -> None:
    exchange = by_candles() if kind == "candles" else matched()
    assert exchange.leverage(BTC.id) == 10
    for _ in range(2):
        exchange.set_leverage(BTC.id, d("25"))
        assert exchange.leverage(BTC.id) == 25
    for name, leverage in ((BTC.id, "101"), (BTC.id, "0.5"), ("ETHUSDT-LINEAR.BYBIT", "5")):
        with pytest.raises(ExchangeRefused):
            exchange.set_leverage(name, d(leverage))
    assert exchange.leverage(BTC.id) == 25


@pytest.mark.parametrize(("leverage", "liquidation"), [("10", "90.5"), ("50", "98.5"), ("5", "80.5")])
def test_a_position_reserves_margin_and_is_liquidated_by_the_leverage_that_was_set(
    leverage: str, liquidation: str
) -> None:
    """1 at 100: 100/leverage and the fee to close; liquidated after a loss of that margin less 0.5."""
    exchange = by_candles()
    exchange.set_leverage(BTC.id, d(leverage))
    exchange.submit([ticket("e", BUY, "1")])
    after_candles(exchange, [candle(0, "100 100 100 100")])
    (held,) = exchange.positions()
    assert held.liquidation_price == d(liquidation)
    to_close = (1 - 1 / d(leverage)) * 100 * BTC.taker_fee
    assert exchange.balance - exchange.available == 100 / d(leverage) + to_close
    above = str(d(liquidation) + d("0.1"))
    assert not of_kind(Liquidated, after_candles(exchange, [candle(1, f"100 100 {above} {above}")]))
    assert of_kind(Liquidated, after_candles(exchange, [candle(2, f"{above} {above} {liquidation} {above}")]))


def test_the_leverage_of_an_open_position_is_not_changed() -> None:
    exchange = by_candles()
    exchange.submit([ticket("e", BUY, "1")])
    after_candles(exchange, [candle(0, "100 100 100 100")])
    with pytest.raises(ExchangeRefused, match="has a position"):
        exchange.set_leverage(BTC.id, d("5"))
    assert exchange.leverage(BTC.id) == 10


def a_change(leverage: Decimal) -> LeverageChangeRequested:
    return LeverageChangeRequested(
        instrument=BTC.id,
        leverage=leverage,
        before=d("5"),
        step_leverage=leverage,
        from_volatility=d("0"),
        volatility=0.01,
        candles=1,
        interval_seconds=300,
        candle_closed_at=START,
    )


def changed() -> History:
    """The leverage was changed from 5 to 20."""
    history, stream = an_open_day(), leverage_stream(ACCOUNT, BTC.id)
    opened = SAMPLES["whence.log.LogOpened"].event
    assert isinstance(opened, LogOpened)
    history.record(LOG_STREAM, replace(opened, simulator=RULES_VERSION))
    history.record(stream, a_change(d("20")), LeverageChanged(BTC.id, d("20"), d("5")))
    return history


def restored(kind: str, world: World) -> SimulatedExchange | MatchedExchange:
    if kind == "candles":
        return SimulatedExchange.restored(world, SMOOTH, 7, START)
    return MatchedExchange.restored(world, MatchedRules(), START)


@pytest.mark.parametrize("kind", KINDS)
def test_a_restored_exchange_has_the_leverage_of_the_log_and_is_sent_a_request_that_was_not_confirmed(
    kind: str,
) -> None:
    history = changed()
    history.record(leverage_stream(ACCOUNT, BTC.id), a_change(d("8")))
    world = World().fold_all(history.envelopes)
    exchange = restored(kind, world)
    assert exchange.leverage(BTC.id) == 5
    sender = Sender(exchange, lambda: START, Guard(world, MarketView()), exchange)
    (report,) = sender.set_leverages(unconfirmed_leverages(world.portfolio))
    assert isinstance(report, LeverageSet)
    assert exchange.leverage(BTC.id) == report.leverage == 8
    assert restored(kind, World().fold_all(changed().envelopes)).leverage(BTC.id) == 20
