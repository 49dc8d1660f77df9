"""A server of ours that speaks Binance's public protocol over loopback, with the book of a seeded exchange behind
it."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

from aiohttp import WSCloseCode, WSMsgType, web

from domain.book.frame import Row
from tests.domain.book.exchange import Exchange, shown
from tests.event_loop import running_loop

T = TypeVar("T")


class BinanceServer:
    """Spot and USD-M on one port. `symbols` are the books; `answers` are statuses and `Retry-After` of the next
    queries."""

    def __init__(self, symbols: tuple[str, ...], loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.books = {
            symbol: Exchange(number, depth=None, levels=30, span=4, hole=3 * (symbol == "SOLUSDT"))
            for number, symbol in enumerate(symbols)
        }
        self.sockets: list[tuple[str, web.WebSocketResponse]] = []
        self.answers: deque[tuple[int, str]] = deque()
        self.queries: list[str] = []
        self.pings, self.answers_pings = 0, True
        self.url = ""

    def wait(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(30)

    def step(self, symbol: str, *, sent: bool = True) -> str:
        """The book changes; its delta is sent, or lost. Returns the text."""
        exchange = self.books[symbol]
        exchange.step()
        text = self.delta(symbol, len(exchange.moments) - 1)
        if sent:
            self.send(text)
        return text

    def delta(self, symbol: str, index: int) -> str:
        frame = self.books[symbol].delta(index)
        data: dict[str, object] = {
            "e": "depthUpdate",
            "E": frame.matched_ms,
            "s": symbol,
            "U": frame.first,
            "u": frame.last,
            "b": frame.bids,
            "a": frame.asks,
        }
        if self.is_futures(symbol):
            data |= {"T": frame.matched_ms, "pu": frame.previous}
        return json.dumps({"stream": f"{symbol.lower()}@depth@100ms", "data": data})

    def send(self, text: str) -> None:
        """To every connection that has the stream of the text."""
        stream = json.loads(text)["stream"]

        async def push() -> None:
            for query, socket in self.sockets:
                if stream in query and not socket.closed:
                    await socket.send_str(text)

        self.wait(push())

    def cut(self) -> None:
        async def close() -> None:
            for _, socket in self.sockets:
                await socket.close(code=WSCloseCode.GOING_AWAY)
            self.sockets.clear()

        self.wait(close())

    def own(self, symbol: str) -> tuple[list[Row], list[Row]]:
        return shown(self.books[symbol].moments[-1])

    @staticmethod
    def is_futures(symbol: str) -> bool:
        return symbol == "SOLUSDT"

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        self.sockets.append((request.query["streams"], socket))
        async for message in socket:
            self.pings += message.type is WSMsgType.PING
            if self.answers_pings:
                await socket.pong(message.data)
        return socket

    async def depth(self, request: web.Request) -> web.Response:
        symbol = request.query["symbol"]
        self.queries.append(symbol)
        if self.answers:
            status, retry_after = self.answers.popleft()
            return web.Response(
                status=status, headers={"Retry-After": retry_after} if retry_after else None, text="{}"
            )
        moment = self.books[symbol].moments[-1]
        bids, asks = shown(moment)
        return web.json_response({"lastUpdateId": moment.update, "bids": bids, "asks": asks})

    async def rules(self, _request: web.Request) -> web.Response:
        return web.json_response({"serverTime": 1_750_000_000_000, "symbols": [*map(_rules, self.books)]})


def _rules(symbol: str) -> dict[str, object]:
    """The row of a symbol in exchangeInfo."""
    contract = {"contractType": "PERPETUAL"} if BinanceServer.is_futures(symbol) else {}
    return {
        "symbol": symbol,
        "baseAsset": symbol.removesuffix("USDT"),
        "quoteAsset": "USDT",
        "filters": [
            {"filterType": "PRICE_FILTER", "tickSize": "0.00010000"},
            {
                "filterType": "LOT_SIZE",
                "stepSize": "0.10000000",
                "minQty": "0.10000000",
                "maxQty": "9000000.00",
            },
            {"filterType": "NOTIONAL", "minNotional": "5.00"},
        ],
        **contract,
    }


@contextmanager
def binance_server(*symbols: str) -> Generator[BinanceServer]:
    """Runs until the end of the block."""
    with running_loop() as loop:
        server = BinanceServer(symbols, loop)
        runner = server.wait(_started(server))
        try:
            yield server
        finally:
            server.wait(runner.cleanup())


async def _started(server: BinanceServer) -> web.AppRunner:
    app = web.Application()
    for path in ("/stream", "/public/stream", "/market/stream"):
        app.router.add_get(path, server.socket)
    for path in ("/api/v3/depth", "/fapi/v1/depth"):
        app.router.add_get(path, server.depth)
    for path in ("/api/v3/exchangeInfo", "/fapi/v1/exchangeInfo"):
        app.router.add_get(path, server.rules)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    return runner
