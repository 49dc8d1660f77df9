"""The connection of quotes ends with a reason, and the next one follows, whatever ends it."""

from __future__ import annotations

from importlib import import_module
from threading import Event
from typing import Any

import pytest
from aiohttp import ClientConnectionResetError, ServerDisconnectedError

from adapters.ccxt.quote_stream import QuoteStream
from adapters.ccxt.site import Timing

_pro: Any = import_module("ccxt.pro")


@pytest.mark.parametrize(
    "raised", [ClientConnectionResetError("Cannot write to closing transport"), ServerDisconnectedError()]
)
def test_a_connection_that_closes_as_ccxt_writes_to_it_is_followed_by_another(raised: Exception) -> None:
    reasons: list[str] = []
    twice = Event()

    def opened() -> Any:
        client = _pro.bybit()

        async def closing() -> None:
            raise raised

        client.load_markets = closing
        return client

    def ended(reason: str) -> None:
        reasons.append(reason)
        if len(reasons) == 2:
            twice.set()

    stream = QuoteStream(
        opened,
        "watch_tickers",
        ["BTCUSDT-LINEAR.BYBIT"],
        Timing(first_pause=0.01, longest_pause=0.01),
        lambda _row, _market: None,
        lambda _message, _reason: None,
        ended,
    )
    stream.start()
    try:
        assert twice.wait(30)
    finally:
        stream.close()
    assert all(type(raised).__name__ in reason or str(raised) in reason for reason in reasons[:2])
