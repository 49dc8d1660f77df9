"""The real clients, pointed at a venue on loopback."""

from __future__ import annotations

import queue
from collections.abc import Callable
from copy import deepcopy
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from adapters.simulated.venue.categories import LINEAR, SPOT
from tests.adapters.simulated.server.serving import KEY, SECRET, RunningVenue

_CCXT_TYPES = {LINEAR: "swap", SPOT: "spot"}


def pybit_http(venue: RunningVenue, **more: Any) -> Any:
    """pybit's HTTP client. It repeats no request, so that a test sees each answer."""
    session = import_module("pybit.unified_trading").HTTP(
        api_key=KEY, api_secret=SECRET, **{"retry_codes": {-999}, "max_retries": 1, **more}
    )
    session.endpoint = venue.url
    return session


def pybit_socket(venue: RunningVenue, channel: str, **more: Any) -> Any:
    """pybit's WebSocket of a channel (`private`, `linear`, `spot`), which is connected when this returns."""
    base: Any = import_module("pybit.unified_trading").WebSocket
    keys = {"api_key": KEY, "api_secret": SECRET} if channel == "private" else {}
    return _on_loopback(base, venue)(
        testnet=False, channel_type=channel, private_auth_expire=10, **{**keys, **more}
    )


def pybit_trading(venue: RunningVenue) -> Any:
    """pybit's WebSocket for orders; the channel in its address is the one that it is made with."""
    base: Any = import_module("pybit.unified_trading").WebSocketTrading
    return _on_loopback(base, venue)(testnet=False, api_key=KEY, api_secret=SECRET)


def _on_loopback(base: Any, venue: RunningVenue) -> Any:
    """pybit's class with the venue's address; it is used for reconnections, too."""

    def connect(socket: Any, url: str) -> Any:
        plain = url.replace("{SUBDOMAIN}.{DOMAIN}.{TLD}", "h").replace("{SUBDOMAIN}.{DOMAIN}.com", "h")
        return base._connect(socket, venue.socket_url + urlsplit(plain).path)

    return type("LoopbackSocket", (base,), {"_connect": connect})


def ccxt_options(venue: RunningVenue, category: str = LINEAR) -> dict[str, Any]:
    kinds = ("spot", "futures", "v2", "public", "private")
    return {
        "apiKey": KEY,
        "secret": SECRET,
        "enableRateLimit": False,
        "urls": {"api": dict.fromkeys(kinds, venue.url)},
        "options": {"fetchMarkets": {"types": [LINEAR, SPOT]}, "defaultType": _CCXT_TYPES[category]},
    }


def ccxt_sync(venue: RunningVenue, category: str = LINEAR) -> Any:
    return import_module("ccxt").bybit(ccxt_options(venue, category))


def ccxt_pro(venue: RunningVenue, category: str = LINEAR) -> Any:
    """ccxt with WebSockets; the caller closes it."""
    exchange: Any = import_module("ccxt.pro").bybit(ccxt_options(venue, category))
    base = venue.socket_url
    sockets = exchange.urls["api"]["ws"]
    sockets["public"] = {kind: f"{base}/v5/public/{kind}" for kind in ("spot", "linear", "inverse", "option")}
    sockets["private"] = {
        "spot": {"unified": f"{base}/v5/private", "nonUnified": f"{base}/v5/private"},
        "contract": f"{base}/v5/private",
        "usdc": f"{base}/v5/private",
        "trade": f"{base}/v5/trade",
    }
    return exchange


class Inbox:
    """Messages of a socket's callback, in the order of their arrival."""

    def __init__(self) -> None:
        self._messages: queue.Queue[Any] = queue.Queue()

    def put(self, message: Any) -> None:
        """Keeps the message as it is now: pybit applies the next delta to the book that it passed to its callback."""
        self._messages.put(deepcopy(message))

    def next(self) -> Any:
        """The next message; raises queue.Empty after ten seconds without one."""
        return self._messages.get(timeout=10)

    def until(self, matches: Callable[[Any], bool]) -> Any:
        """The first message that matches; those before it are dropped."""
        while True:
            message = self.next()
            if matches(message):
                return message
