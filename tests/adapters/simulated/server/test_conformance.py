"""The real pybit and the real ccxt (sync, async, pro) through every call that the venue serves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from importlib import import_module
from typing import Any

import pytest

from adapters.simulated.venue.categories import LINEAR, SPOT
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

BTC = {"category": LINEAR, "symbol": "BTCUSDT"}
LIMIT = {**BTC, "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "49000"}
MARKET = {**BTC, "side": "Buy", "orderType": "Market", "qty": "0.01"}
CATEGORIES = (LINEAR, SPOT)
CCXT_SYMBOLS = {LINEAR: "BTC/USDT:USDT", SPOT: "BTC/USDT"}
CCXT_BTC = CCXT_SYMBOLS[LINEAR]
Calls = dict[str, Callable[[Any], Any]]

# In these orders: later calls find what earlier ones left.


def pybit_calls(category: str) -> Calls:
    """Every call that both categories have, with what only one has at its place."""
    at = {**BTC, "category": category}
    limit, scope = {**LIMIT, **at}, {"category": category}
    base = {**limit, "orderType": "Market", "marketUnit": "baseCoin"}
    return {
        "time": lambda one: one.get_server_time(),
        "instruments": lambda one: one.get_instruments_info(**scope),
        "instruments before launch": lambda one: one.get_instruments_info(**scope, status="PreLaunch"),
        "inverse instruments": lambda one: one.get_instruments_info(category="inverse"),
        "kline": lambda one: one.get_kline(**at, interval="5"),
        "tickers": lambda one: one.get_tickers(**scope),
        "book": lambda one: one.get_orderbook(**at, limit=50),
        "trades": lambda one: one.get_public_trade_history(**at),
        "price limit": lambda one: one.get_price_limit(**at),
        "wallet": lambda one: one.get_wallet_balance(accountType="UNIFIED", coin="USDT"),
        "account": lambda one: one.get_account_info(),
        "fees": lambda one: one.get_fee_rates(**at),
        "key": lambda one: one.get_api_key_information(),
        "coins": lambda one: one.get_coin_info(),
        "limit order": lambda one: one.place_order(**limit, orderLinkId="one"),
        "amendment": lambda one: one.amend_order(**at, orderLinkId="one", price="48000", qty="0.02"),
        "open orders": lambda one: one.get_open_orders(**at),
        "cancellation": lambda one: one.cancel_order(**at, orderLinkId="one"),
        "recent orders": lambda one: one.get_open_orders(**at, openOnly=1),
        "batch": lambda one: one.place_batch_order(
            **scope, request=[{**limit, "orderLinkId": "two"}, {**limit, "orderLinkId": "three"}]
        ),
        "amended batch": lambda one: one.amend_batch_order(
            **scope, request=[{"symbol": "BTCUSDT", "orderLinkId": "two", "qty": "0.02"}]
        ),
        "cancelled batch": lambda one: one.cancel_batch_order(
            **scope, request=[{"symbol": "BTCUSDT", "orderLinkId": "two"}]
        ),
        **{kind: _timed(limit, kind) for kind in ("PostOnly", "IOC", "FOK")},
        "market order": lambda one: one.place_order(**base),
        **ONLY_PYBIT[category],
        "executions": lambda one: one.get_executions(**at),
        "cancellation of all": lambda one: one.cancel_all_orders(**at),
        "history": lambda one: one.get_order_history(**at),
    }


def _timed(limit: dict[str, str], kind: str) -> Callable[[Any], Any]:
    return lambda one: one.place_order(**limit, timeInForce=kind)


PAIR = {**BTC, "category": SPOT}
ONLY_PYBIT: dict[str, Calls] = {
    LINEAR: {
        "fundings": lambda one: one.get_funding_rate_history(**BTC),
        "leverage": lambda one: one.set_leverage(**BTC, buyLeverage="5", sellLeverage="5"),
        "position": lambda one: one.get_positions(**BTC),
        "positions": lambda one: one.get_positions(category="linear", settleCoin="USDT"),
        "stops": lambda one: one.set_trading_stop(**BTC, stopLoss="45000", takeProfit="55000"),
        "trailing stop": lambda one: one.set_trading_stop(**BTC, trailingStop="500"),
        "closing order": lambda one: one.place_order(**{**MARKET, "side": "Sell"}, reduceOnly=True),
        "closed profit": lambda one: one.get_closed_pnl(**BTC),
        "cancellation of a currency": lambda one: one.cancel_all_orders(category="linear", settleCoin="USDT"),
        "hedge mode": lambda one: one.switch_position_mode(**BTC, mode=3),
        "one-way mode": lambda one: one.switch_position_mode(**BTC, mode=0),
    },
    SPOT: {
        "market order of an amount": lambda one: one.place_order(
            **PAIR, side="Buy", orderType="Market", qty="500"
        ),
        "sale of an amount": lambda one: one.place_order(
            **PAIR, side="Sell", orderType="Market", qty="100", marketUnit="quoteCoin"
        ),
        "sale": lambda one: one.place_order(**PAIR, side="Sell", orderType="Market", qty="0.001"),
        "conditional order": lambda one: one.place_order(
            **PAIR,
            side="Sell",
            orderType="Limit",
            qty="0.001",
            price="44000",
            triggerPrice="45000",
            orderFilter="StopOrder",
        ),
        "tpsl order": lambda one: one.place_order(
            **PAIR,
            side="Sell",
            orderType="Market",
            qty="0.001",
            triggerPrice="45000",
            orderFilter="tpslOrder",
        ),
        "order with stops": lambda one: one.place_order(
            **{**LIMIT, "category": SPOT}, takeProfit="55000", stopLoss="45000"
        ),
        "open tpsl orders": lambda one: one.get_open_orders(**PAIR, orderFilter="tpslOrder"),
        "every open order": lambda one: one.get_open_orders(category=SPOT),
        "cancelled tpsl orders": lambda one: one.cancel_all_orders(category=SPOT, orderFilter="tpslOrder"),
    },
}


def ccxt_calls(category: str) -> Calls:
    """Every call that both categories have, with what only one has at its place."""
    btc = CCXT_SYMBOLS[category]
    return {
        "time": lambda one: one.fetch_time(),
        "markets": lambda one: one.load_markets(),
        "candles": lambda one: one.fetch_ohlcv(btc, "5m"),
        "ticker": lambda one: one.fetch_ticker(btc),
        "tickers": lambda one: one.fetch_tickers([btc]),
        "book": lambda one: one.fetch_order_book(btc, 50),
        "trades": lambda one: one.fetch_trades(btc),
        "balance": lambda one: one.fetch_balance(),
        "fee": lambda one: one.fetch_trading_fee(btc),
        "limit order": lambda one: one.create_order(
            btc, "limit", "buy", 0.01, 49_000, {"orderLinkId": "one"}
        ),
        "open orders": lambda one: one.fetch_open_orders(btc),
        "cancelled by link": lambda one: one.cancel_order(None, btc, {"orderLinkId": "one"}),
        "batch": lambda one: one.create_orders(
            [
                {"symbol": btc, "type": "limit", "side": "buy", "amount": 0.01, "price": price}
                for price in (48_000, 47_000)
            ]
        ),
        "market order": lambda one: one.create_order(btc, "market", "buy", 0.01),
        "post-only order": lambda one: one.create_order(
            btc, "limit", "sell", 0.001, 50_400, {"postOnly": True}
        ),
        "stop order": lambda one: one.create_order(
            btc, "market", "sell", 0.001, None, {"stopLossPrice": 48_000}
        ),
        **ONLY_CCXT[category],
        "my trades": lambda one: one.fetch_my_trades(btc),
        "closed orders": lambda one: one.fetch_closed_orders(btc),
        "cancelled orders": lambda one: one.fetch_canceled_orders(btc),
        "cancellation of all": lambda one: one.cancel_all_orders(btc),
    }


CCXT_PAIR = CCXT_SYMBOLS[SPOT]
ONLY_CCXT: dict[str, Calls] = {
    LINEAR: {
        "funding rate": lambda one: one.fetch_funding_rate(CCXT_BTC),
        "fundings": lambda one: one.fetch_funding_rate_history(CCXT_BTC),
        "leverage": lambda one: one.set_leverage(5, CCXT_BTC),
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
        "closing order": lambda one: one.create_order(
            CCXT_BTC, "market", "sell", 0.02, None, {"reduceOnly": True}
        ),
        "all cancelled": lambda one: one.cancel_all_orders(CCXT_BTC),
        "hedge mode": lambda one: one.set_position_mode(True, CCXT_BTC),
    },
    SPOT: {
        "market order of a cost": lambda one: one.create_market_buy_order_with_cost(CCXT_PAIR, 500),
        "trigger order": lambda one: one.create_order(
            CCXT_PAIR, "limit", "sell", 0.001, 44_000, {"triggerPrice": 45_000}
        ),
        "order with stops": lambda one: one.create_order(
            CCXT_PAIR,
            "limit",
            "buy",
            0.001,
            49_000,
            {"takeProfit": {"triggerPrice": 55_000}, "stopLoss": {"triggerPrice": 45_000}},
        ),
        "sale": lambda one: one.create_order(CCXT_PAIR, "market", "sell", 0.001),
    },
}
EMPTY = {LINEAR: ["fundings", "cancellation of all"], SPOT: []}
"""The calls whose answers have nothing in them: hedge mode needs an account without orders."""


@pytest.fixture(scope="module")
def pybits() -> Iterator[Callable[[str], Any]]:
    """pybit at a venue of its own for each category, which begins with the first call."""
    with ExitStack() as stack:

        @cache
        def of(_category: str) -> Any:
            return pybit_http(stack.enter_context(running_venue()))

        yield of


PYBIT = [(category, name, call) for category in CATEGORIES for name, call in pybit_calls(category).items()]


@pytest.mark.parametrize(
    ("category", "call"),
    [(category, call) for category, _name, call in PYBIT],
    ids=[f"{category} {name}" for category, name, _call in PYBIT],
)
def test_pybit_is_answered(pybits: Callable[[str], Any], category: str, call: Callable[[Any], Any]) -> None:
    answer = call(pybits(category))
    assert (answer["retCode"], answer["retMsg"]) == (0, "OK")
    assert all(one["code"] == 0 for one in answer["retExtInfo"].get("list", []))


@pytest.mark.parametrize("category", CATEGORIES)
def test_ccxt_is_answered(venue: RunningVenue, category: str) -> None:
    exchange = ccxt_sync(venue, category)
    empty = [name for name, call in ccxt_calls(category).items() if call(exchange) in (None, [], {})]
    assert empty == EMPTY[category]


def test_ccxt_knows_the_orders_and_trades_of_a_pair_by_their_rows(venue: RunningVenue) -> None:
    exchange = ccxt_sync(venue, SPOT)
    exchange.create_order(CCXT_PAIR, "limit", "buy", 0.001, 49_000)
    exchange.create_order(CCXT_PAIR, "market", "buy", 0.001)
    found = (exchange.fetch_open_orders(), exchange.fetch_closed_orders(), exchange.fetch_my_trades())
    assert [{one["symbol"] for one in rows} for rows in found] == [{CCXT_PAIR}] * 3


@pytest.mark.parametrize("category", CATEGORIES)
def test_async_ccxt_is_answered(venue: RunningVenue, category: str) -> None:
    async def walk() -> list[str]:
        exchange: Any = import_module("ccxt.async_support").bybit(ccxt_options(venue, category))
        try:
            return [
                name for name, call in ccxt_calls(category).items() if await call(exchange) in (None, [], {})
            ]
        finally:
            await exchange.close()

    assert asyncio.run(walk()) == EMPTY[category]


@pytest.mark.parametrize("category", CATEGORIES)
def test_ccxt_pro_watches_everything_and_trades_over_its_socket(venue: RunningVenue, category: str) -> None:
    async def watch() -> dict[str, Any]:
        exchange: Any = ccxt_pro(venue, category)
        try:
            return await _watched(exchange, venue, category)
        finally:
            await exchange.close()

    seen = asyncio.run(watch())
    assert seen["book"]["bids"][0][0] == 49_999.9
    assert seen["ticker"]["symbol"] == CCXT_SYMBOLS[category]
    assert seen["trades"][-1]["price"] == 50_000.1
    assert seen["candles"][-1][4] > 0
    assert seen["orders"][-1]["symbol"] == CCXT_SYMBOLS[category]
    assert seen["my trades"][-1]["amount"] == 0.02
    assert seen["balance"]["USDT"]["total"] <= 10_000
    assert seen["cancelled"]["id"] == seen["placed"]["id"]
    if category == LINEAR:
        assert seen["positions"][-1]["contracts"] == 0.02


async def _watched(exchange: Any, venue: RunningVenue, category: str) -> dict[str, Any]:
    btc = CCXT_SYMBOLS[category]
    await exchange.load_markets()
    watching = {
        "book": exchange.watch_order_book(btc, 50),
        "ticker": exchange.watch_ticker(btc),
        "trades": exchange.watch_trades(btc),
        "candles": exchange.watch_ohlcv(btc, "1m"),
        "orders": exchange.watch_orders(btc),
        "my trades": exchange.watch_my_trades(btc),
        "balance": exchange.watch_balance(),
    }
    topics = [
        "orderbook.50.BTCUSDT",
        "publicTrade.BTCUSDT",
        "kline.1.BTCUSDT",
        "wallet",
        "order",
        "execution",
    ]
    if category == LINEAR:
        assert await exchange.watch_positions([btc]) == []  # the snapshot
        watching["positions"] = exchange.watch_positions([btc])
        topics.append("position")
    tasks = {name: asyncio.create_task(one) for name, one in watching.items()}
    for topic in topics:
        await asyncio.to_thread(venue.await_topic, topic)
    placed = await exchange.create_order_ws(btc, "limit", "buy", 0.01, 49_000)
    await exchange.edit_order_ws(placed["id"], btc, "limit", "buy", 0.01, 48_000)
    await exchange.create_order_ws(btc, "market", "buy", 0.02)
    cancelled = await exchange.cancel_order_ws(placed["id"], btc)
    async with asyncio.timeout(20):
        return {name: await task for name, task in tasks.items()} | {"placed": placed, "cancelled": cancelled}


@pytest.mark.parametrize("category", CATEGORIES)
def test_pybit_trades_over_its_socket(venue: RunningVenue, category: str) -> None:
    socket, inbox, at = pybit_trading(venue), Inbox(), {**BTC, "category": category}
    socket.place_order(inbox.put, **{**LIMIT, **at}, orderLinkId="one")
    assert inbox.next()["data"]["orderLinkId"] == "one"
    socket.amend_order(inbox.put, **at, orderLinkId="one", price="48000")
    assert inbox.next()["retCode"] == 0
    socket.cancel_order(inbox.put, **at, orderLinkId="one")
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
