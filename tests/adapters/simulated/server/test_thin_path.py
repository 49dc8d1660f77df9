"""The real clients place, fill and cancel orders."""

from __future__ import annotations

import asyncio
from typing import Any

from domain.direction import Side
from tests.adapters.simulated.server.clients import Inbox, ccxt_pro, ccxt_sync, pybit_http, pybit_socket
from tests.adapters.simulated.server.serving import RunningVenue

BTC = {"category": "linear", "symbol": "BTCUSDT"}
CCXT_BTC = "BTC/USDT:USDT"


def test_pybit_places_fills_and_cancels_and_hears_of_it(venue: RunningVenue) -> None:
    session, inbox = pybit_http(venue), Inbox()
    socket = pybit_socket(venue, "private")
    for topic in ("order", "execution", "position", "wallet"):
        getattr(socket, f"{topic}_stream")(inbox.put)
    venue.await_topic("wallet")
    placed = session.place_order(
        **BTC, side="Buy", orderType="Limit", qty="0.01", price="49999", orderLinkId="one"
    )
    assert inbox.next()["data"][0]["orderStatus"] == "New"
    venue.trade(Side.SELL, "49999", "20")
    heard = {message["topic"]: message["data"][0] for message in (inbox.next() for _ in range(4))}
    assert heard["order"]["orderStatus"] == "Filled"
    assert heard["execution"]["orderId"] == placed["result"]["orderId"]
    assert (heard["position"]["side"], heard["position"]["size"]) == ("Buy", "0.010")
    assert heard["wallet"]["coin"][0]["walletBalance"] == "9999.900002"
    session.place_order(**BTC, side="Buy", orderType="Limit", qty="0.01", price="49000", orderLinkId="two")
    session.cancel_order(**BTC, orderLinkId="two")
    assert inbox.next()["data"][0]["orderStatus"] == "New"
    ended = inbox.next()["data"][0]
    assert (ended["orderStatus"], ended["cancelType"]) == ("Cancelled", "CancelByUser")
    socket.exit()


def test_ccxt_places_fills_and_cancels(venue: RunningVenue) -> None:
    exchange: Any = ccxt_sync(venue)
    order = exchange.create_order(CCXT_BTC, "market", "buy", 0.02)
    assert [one["order"] for one in exchange.fetch_my_trades(CCXT_BTC)] == [order["id"]]
    assert exchange.fetch_positions([CCXT_BTC])[0]["contracts"] == 0.02
    resting = exchange.create_order(CCXT_BTC, "limit", "buy", 0.01, 49_000)
    assert [one["id"] for one in exchange.fetch_open_orders(CCXT_BTC)] == [resting["id"]]
    exchange.cancel_order(resting["id"], CCXT_BTC)
    assert exchange.fetch_open_orders(CCXT_BTC) == []


def test_ccxt_pro_watches_orders_and_the_book(venue: RunningVenue) -> None:
    async def watch() -> tuple[str, float]:
        exchange: Any = ccxt_pro(venue)
        try:
            book = await exchange.watch_order_book(CCXT_BTC, 50)
            best = book["bids"][0][0]
            watched = asyncio.create_task(exchange.watch_orders(CCXT_BTC))
            await asyncio.to_thread(venue.await_topic, "order")
            await exchange.create_order(CCXT_BTC, "limit", "buy", 0.01, 49_000)
            return (await watched)[0]["status"], best
        finally:
            await exchange.close()

    assert asyncio.run(watch()) == ("open", 49_999.9)
