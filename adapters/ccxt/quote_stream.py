"""Best bids and asks by ccxt.pro, for the exchanges of which it has them.

Each message states them whole. No order book is built from ccxt's streams: ccxt does not notice where a change of a
book is missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

from adapters.ccxt.failure import WATCH_RAISED, shown
from adapters.ccxt.guarded import guard
from adapters.ccxt.markets import Market, Markets
from adapters.ccxt.site import Timing
from adapters.ccxt.supervised import Supervised
from adapters.instruments.document import Table, is_table
from adapters.secrecy import NOBODY

_METHODS = {"watchBidsAsks": "watch_bids_asks", "watchTickers": "watch_tickers"}
"""The first one that an exchange has is used."""


def quote_method(exchange: str) -> str:
    """ccxt.pro's method for best bids and asks of several instruments; empty where it has none."""
    pro = import_module("ccxt.pro")
    if exchange not in pro.exchanges:
        return ""
    has: Mapping[str, object] = getattr(pro, exchange)().has
    return next((method for watch, method in _METHODS.items() if has.get(watch) is True), "")


class QuoteStream(Supervised):
    """Runs from `start` to `close`. `opened` makes ccxt.pro's client, in the thread of the stream.

    `take` gets each ticker with its market, `refuse` what ccxt cannot read with the reason, and `ended` the reason for
    the end of a connection, in the thread of the stream.
    """

    def __init__(
        self,
        opened: Callable[[], Any],
        method: str,
        instruments: Sequence[str],
        timing: Timing,
        take: Callable[[Table, Market], None],
        refuse: Callable[[object, str], None],
        ended: Callable[[str], None],
    ) -> None:
        super().__init__(timing, "ccxt-quotes")
        self._opened, self._method, self._instruments = opened, method, instruments
        self._take, self._refuse, self._ended = take, refuse, ended

    async def _one_connection(self) -> None:
        client = self._opened()
        client.streaming = {**client.streaming, "keepAlive": int(self._timing.ping * 1000)}
        self._hook(client)
        watching = asyncio.ensure_future(self._watch(client))
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait([watching, stopping], return_when=asyncio.FIRST_COMPLETED)
        fault = watching.result() if watching.done() else ""
        for one in (watching, stopping):
            one.cancel()
        await asyncio.wait([watching, stopping])
        await client.close()
        self._ended(fault)

    def _hook(self, client: Any) -> None:
        connected = client.on_connected

        def on_connected(socket: Any, message: object = None) -> None:
            guard(socket, self._refuse, NOBODY)
            connected(socket, message)

        client.on_connected = on_connected

    async def _watch(self, client: Any) -> str:
        """Watches until it fails; returns why."""
        try:
            markets = Markets(client, await client.load_markets())
            symbols = markets.symbols(self._instruments)
            if not symbols:
                return f"{client.id} trades none of {', '.join(self._instruments)} now"
            while True:
                for row in _tickers(await getattr(client, self._method)(symbols)):
                    market = markets.named(str(row.get("symbol") or ""))
                    if market is not None:
                        self._take(row, market)
        except WATCH_RAISED as error:
            return shown(error, NOBODY)


def _tickers(found: object) -> Iterator[Table]:
    """A method returns one ticker, or tickers by symbol."""
    if is_table(found) and "symbol" in found:
        yield found
    elif is_table(found):
        yield from (one for one in found.values() if is_table(one))
