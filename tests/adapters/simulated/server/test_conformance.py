"""The real pybit and the real ccxt (sync, async, pro) through every call that the venue serves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest

from domain.direction import Side
from tests.adapters.simulated.server.clients import (
    Inbox,
    ccxt_options,
    ccxt_pro,
    ccxt_sync,
    pybit_http,
    pybit_trading,
)
from tests.adapters.simulated.server.serving import RunningVenue, running_venue

BTC = {"category": "linear", "symbol": "BTCUSDT"}
LIMIT = {**BTC, "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "49000"}
MARKET = {**BTC, "side": "Buy", "orderType": "Market", "qty": "0.01"}
CCXT_BTC = "BTC/USDT:USDT"
Calls = dict[str, Callable[[Any], Any]]

# In this order: later calls find what earlier ones left.
PYBIT: Calls = {
    "time": lambda one: one.get_server_time(),
    "instruments": lambda one: one.get_instruments_info(category="linear"),
    "instruments before launch": lambda one: one.get_instruments_info(category="linear", status="PreLaunch"),
    "spot instruments": lambda one: one.get_instruments_info(category="spot"),
    "kline": lambda one: one.get_kline(**BTC, interval="5"),
    "tickers": lambda one: one.get_tickers(category="linear"),
    "book": lambda one: one.get_orderbook(**BTC, limit=50),
    "trades": lambda one: one.get_public_trade_history(**BTC),
    "fundings": lambda one: one.get_funding_rate_history(**BTC),
    "price limit": lambda one: one.get_price_limit(**BTC),
    "wallet": lambda one: one.get_wallet_balance(accountType="UNIFIED", coin="USDT"),
    "account": lambda one: one.get_account_info(),
    "fees": lambda one: one.get_fee_rates(**BTC),
    "key": lambda one: one.get_api_key_information(),
    "coins": lambda one: one.get_coin_info(),
    "leverage": lambda one: one.set_leverage(**BTC, buyLeverage="5", sellLeverage="5"),
    "limit order": lambda one: one.place_order(**LIMIT, orderLinkId="one"),
    "amendment": lambda one: one.amend_order(**BTC, orderLinkId="one", price="48000", qty="0.02"),
    "open orders": lambda one: one.get_open_orders(**BTC),
    "cancellation": lambda one: one.cancel_order(**BTC, orderLinkId="one"),
    "recent orders": lambda one: one.get_open_orders(**BTC, openOnly=1),
    "batch": lambda one: one.place_batch_order(
        category="linear", request=[{**LIMIT, "orderLinkId": "two"}, {**LIMIT, "orderLinkId": "three"}]
    ),
    "amended batch": lambda one: one.amend_batch_order(
        category="linear", request=[{"symbol": "BTCUSDT", "orderLinkId": "two", "qty": "0.02"}]
    ),
    "cancelled batch": lambda one: one.cancel_batch_order(
        category="linear", request=[{"symbol": "BTCUSDT", "orderLinkId": "two"}]
    ),
    "market order": lambda one: one.place_order(**MARKET),
    "position": lambda one: one.get_positions(**BTC),
    "positions": lambda one: one.get_positions(category="linear", settleCoin="USDT"),
    "stops": lambda one: one.set_trading_stop(**BTC, stopLoss="45000", takeProfit="55000"),
    "trailing stop": lambda one: one.set_trading_stop(**BTC, trailingStop="500"),
    "executions": lambda one: one.get_executions(**BTC),
    "closing order": lambda one: one.place_order(**{**MARKET, "side": "Sell"}, reduceOnly=True),
    "closed profit": lambda one: one.get_closed_pnl(**BTC),
    "cancellation of all": lambda one: one.cancel_all_orders(category="linear", settleCoin="USDT"),
    "history": lambda one: one.get_order_history(**BTC),
    "hedge mode": lambda one: one.switch_position_mode(**BTC, mode=3),
}

CCXT: Calls = {
    "time": lambda one: one.fetch_time(),
    "markets": lambda one: one.load_markets(),
    "candles": lambda one: one.fetch_ohlcv(CCXT_BTC, "5m"),
    "ticker": lambda one: one.fetch_ticker(CCXT_BTC),
    "tickers": lambda one: one.fetch_tickers([CCXT_BTC]),
    "book": lambda one: one.fetch_order_book(CCXT_BTC, 50),
    "trades": lambda one: one.fetch_trades(CCXT_BTC),
    "funding rate": lambda one: one.fetch_funding_rate(CCXT_BTC),
    "fundings": lambda one: one.fetch_funding_rate_history(CCXT_BTC),
    "balance": lambda one: one.fetch_balance(),
    "fee": lambda one: one.fetch_trading_fee(CCXT_BTC),
    "leverage": lambda one: one.set_leverage(5, CCXT_BTC),
    "limit order": lambda one: one.create_order(
        CCXT_BTC, "limit", "buy", 0.01, 49_000, {"orderLinkId": "one"}
    ),
    "open orders": lambda one: one.fetch_open_orders(CCXT_BTC),
    "cancelled by link": lambda one: one.cancel_order(None, CCXT_BTC, {"orderLinkId": "one"}),
    "batch": lambda one: one.create_orders(
        [
            {"symbol": CCXT_BTC, "type": "limit", "side": "buy", "amount": 0.01, "price": price}
            for price in (48_000, 47_000)
        ]
    ),
    "market order": lambda one: one.create_order(CCXT_BTC, "market", "buy", 0.01),
    "post-only order": lambda one: one.create_order(
        CCXT_BTC, "limit", "sell", 0.01, 50_400, {"postOnly": True}
    ),
    "stop order": lambda one: one.create_order(
        CCXT_BTC, "market", "sell", 0.01, None, {"stopLossPrice": 48_000}
    ),
    "order with stops": lambda one: one.create_order(
        CCXT_BTC,
        "market",
        "buy",
        0.01,
        None,
        {"takeProfit": {"triggerPrice": 55_000}, "stopLoss": {"triggerPrice": 45_000}},
    ),
    "position": lambda one: one.fetch_position(CCXT_BTC),
    "positions": lambda one: one.fetch_positions([CCXT_BTC]),
    "my trades": lambda one: one.fetch_my_trades(CCXT_BTC),
    "closed orders": lambda one: one.fetch_closed_orders(CCXT_BTC),
    "cancelled orders": lambda one: one.fetch_canceled_orders(CCXT_BTC),
    "cancellation of all": lambda one: one.cancel_all_orders(CCXT_BTC),
    "closing order": lambda one: one.create_order(
        CCXT_BTC, "market", "sell", 0.02, None, {"reduceOnly": True}
    ),
    "hedge mode": lambda one: one.set_position_mode(True, CCXT_BTC),
}


@pytest.fixture(scope="module")
def pybit() -> Iterator[Any]:
    with running_venue() as venue:
        yield pybit_http(venue)


@pytest.mark.parametrize("call", PYBIT.values(), ids=PYBIT)
def test_pybit_is_answered(pybit: Any, call: Callable[[Any], Any]) -> None:
    answer = call(pybit)
    assert (answer["retCode"], answer["retMsg"]) == (0, "OK")
    assert all(one["code"] == 0 for one in answer["retExtInfo"].get("list", []))


def test_ccxt_is_answered(venue: RunningVenue) -> None:
    exchange = ccxt_sync(venue)
    empty = [name for name, call in CCXT.items() if call(exchange) in (None, [], {})]
    assert empty == ["fundings"]


def test_async_ccxt_is_answered(venue: RunningVenue) -> None:
    async def walk() -> list[str]:
        exchange: Any = import_module("ccxt.async_support").bybit(ccxt_options(venue))
        try:
            return [name for name, call in CCXT.items() if await call(exchange) in (None, [], {})]
        finally:
            await exchange.close()

    assert asyncio.run(walk()) == ["fundings"]


def test_ccxt_pro_watches_everything_and_trades_over_its_socket(venue: RunningVenue) -> None:
    async def watch() -> dict[str, Any]:
        exchange: Any = ccxt_pro(venue)
        try:
            return await _watched(exchange, venue)
        finally:
            await exchange.close()

    seen = asyncio.run(watch())
    assert seen["book"]["bids"][0][0] == 49_999.9
    assert seen["ticker"]["symbol"] == CCXT_BTC
    assert seen["trades"][-1]["price"] == 50_000.1
    assert seen["candles"][-1][4] > 0
    assert seen["orders"][-1]["symbol"] == CCXT_BTC
    assert seen["my trades"][-1]["amount"] == 0.02
    assert seen["positions"][-1]["contracts"] == 0.02
    assert seen["balance"]["USDT"]["total"] < 10_000
    assert seen["cancelled"]["id"] == seen["placed"]["id"]


async def _watched(exchange: Any, venue: RunningVenue) -> dict[str, Any]:
    await exchange.load_markets()
    assert await exchange.watch_positions([CCXT_BTC]) == []  # the snapshot
    watching = {
        "book": exchange.watch_order_book(CCXT_BTC, 50),
        "ticker": exchange.watch_ticker(CCXT_BTC),
        "trades": exchange.watch_trades(CCXT_BTC),
        "candles": exchange.watch_ohlcv(CCXT_BTC, "1m"),
        "orders": exchange.watch_orders(CCXT_BTC),
        "my trades": exchange.watch_my_trades(CCXT_BTC),
        "positions": exchange.watch_positions([CCXT_BTC]),
        "balance": exchange.watch_balance(),
    }
    tasks = {name: asyncio.create_task(one) for name, one in watching.items()}
    for topic in ("orderbook.50.BTCUSDT", "publicTrade.BTCUSDT", "kline.1.BTCUSDT", "wallet", "position"):
        await asyncio.to_thread(venue.await_topic, topic)
    for topic in ("order", "execution"):
        await asyncio.to_thread(venue.await_topic, topic)
    placed = await exchange.create_order_ws(CCXT_BTC, "limit", "buy", 0.01, 49_000)
    await exchange.edit_order_ws(placed["id"], CCXT_BTC, "limit", "buy", 0.01, 48_000)
    await exchange.create_order_ws(CCXT_BTC, "market", "buy", 0.02)
    cancelled = await exchange.cancel_order_ws(placed["id"], CCXT_BTC)
    async with asyncio.timeout(20):
        return {name: await task for name, task in tasks.items()} | {"placed": placed, "cancelled": cancelled}


def test_pybit_trades_over_its_socket(venue: RunningVenue) -> None:
    socket, inbox = pybit_trading(venue), Inbox()
    socket.place_order(inbox.put, **LIMIT, orderLinkId="one")
    assert inbox.next()["data"]["orderLinkId"] == "one"
    socket.amend_order(inbox.put, **BTC, orderLinkId="one", price="48000")
    assert inbox.next()["retCode"] == 0
    socket.cancel_order(inbox.put, **BTC, orderLinkId="one")
    assert inbox.next()["op"] == "order.cancel"
    socket.exit()
    assert [one.status for one in venue.account.ended.values()] == ["Cancelled"]


def test_a_day_of_a_bot(venue: RunningVenue) -> None:
    """It enters in parts, is protected, moves its stop, is stopped out, reverses, pays funding, counts its money."""
    session = pybit_http(venue)
    session.set_leverage(**BTC, buyLeverage="5", sellLeverage="5")
    session.place_order(**{**LIMIT, "price": "49990", "qty": "0.04"}, orderLinkId="entry", stopLoss="49500")
    session.amend_order(**BTC, orderLinkId="entry", price="49995")
    venue.act("fill", orderLinkId="entry", qty="0.015")
    [entry] = session.get_open_orders(**BTC, orderLinkId="entry")["result"]["list"]
    assert entry["orderStatus"] == "PartiallyFilled"
    venue.act("fill", orderLinkId="entry")
    session.set_trading_stop(**BTC, stopLoss="49800", takeProfit="51000", tpslMode="Full", positionIdx=0)
    position = session.get_positions(**BTC)["result"]["list"][0]
    assert (position["size"], position["stopLoss"], position["takeProfit"]) == ("0.040", "49800", "51000")
    venue.show(Side.BUY, "49795", "5")
    venue.trade(Side.SELL, "49800", "12")
    assert session.get_positions(**BTC)["result"]["list"][0]["side"] == ""
    venue.act("cut")
    session.place_order(**{**MARKET, "side": "Sell", "qty": "0.02"})
    session.place_order(**{**MARKET, "side": "Buy", "qty": "0.05"})
    position = session.get_positions(**BTC)["result"]["list"][0]
    assert (position["side"], position["size"]) == ("Buy", "0.030")
    venue.act("fund", rate="0.0001")
    session.place_order(**{**MARKET, "side": "Sell", "qty": "0.03"}, reduceOnly=True)
    rows = session.get_executions(**BTC, limit=100)["result"]["list"]
    paid = sum(float(row["execFee"]) for row in rows)
    profit = sum(float(row["closedPnl"]) for row in session.get_closed_pnl(**BTC)["result"]["list"])
    funding = sum(float(row["execFee"]) for row in rows if row["execType"] == "Funding")
    balance = float(
        session.get_wallet_balance(accountType="UNIFIED")["result"]["list"][0]["totalWalletBalance"]
    )
    assert balance == pytest.approx(10_000 + profit - funding)
    assert paid > funding > 0


def test_pages_of_the_history_are_followed_by_their_cursors(venue: RunningVenue) -> None:
    session = pybit_http(venue)
    for number in range(7):
        session.place_order(**LIMIT, orderLinkId=f"order-{number}")
    session.cancel_all_orders(**BTC)
    found: list[str] = []
    cursor = ""
    while True:
        page = session.get_order_history(**BTC, limit=3, **({"cursor": cursor} if cursor else {}))["result"]
        found += [row["orderLinkId"] for row in page["list"]]
        cursor = page["nextPageCursor"]
        if not cursor:
            break
    assert sorted(found) == [f"order-{number}" for number in range(7)]
