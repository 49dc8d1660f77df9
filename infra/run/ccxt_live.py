"""An exchange of ccxt for a live run: its orders, its account and its market.

ccxt is imported where an exchange of it is used: it costs a second and 100 MB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING

from adapters.extras import BYBIT, EXCHANGES, check_extras
from adapters.secrecy import Credentials
from commands.feed import MarketFeed
from domain.errors import InvalidInput
from domain.order import OrderPlaced
from domain.plain_text import meant
from infra.run.live_plan import LiveVenue, Wake

if TYPE_CHECKING:
    from adapters.ccxt import Site
    from infra.run.place import Place


_LATE = 5.0
"""Seconds for which an exchange's lists may be behind, and clocks differ."""


def check_known(name: str) -> None:
    """Raises InvalidInput for an exchange that ccxt does not know, MissingParts where ccxt is not installed."""
    check_extras(f"--exchange ccxt:{name[:40]}", BYBIT, EXCHANGES)
    exchanges: Sequence[str] = import_module("ccxt").exchanges
    if name not in exchanges:
        raise InvalidInput(
            f"--exchange ccxt:{name[:40]}: ccxt knows no exchange {name[:40]!r}{meant(name, exchanges)}"
        )


def ccxt_connected(
    credentials: Credentials,
    place: Place,
    placed: Mapping[str, OrderPlaced],
    wake: Wake,
    *,
    is_key_checked: bool,
) -> LiveVenue:
    """The exchange at this place, not connected yet; `placed` are the terms of the log's working orders.

    `is_key_checked` is that of `CcxtAccount`. Raises InvalidSettings for an exchange through which ccxt cannot trade,
    for a testnet or demo trading that it does not have, and for incomplete credentials.
    """
    from adapters.ccxt import CcxtAccount, CcxtExchange

    exchange = CcxtExchange(place.ccxt_name, credentials, _site(place), placed, on_arrival=wake)
    account = CcxtAccount(exchange, is_key_checked=is_key_checked)
    return LiveVenue(exchange, account, exchange.start, exchange.close, exchange.amends_triggers)


def ccxt_feed(
    place: Place, interval: timedelta, instruments: Sequence[str], wake: Wake, *, depth: int = 0
) -> MarketFeed:
    """Candles of the interval and quotes of these instruments; with a depth their trades and books, too.

    Raises InvalidInput for an interval that the exchange does not have, and InvalidSettings as `ccxt_connected` does.
    """
    from adapters.ccxt import CcxtFeed, Wanted

    wanted = Wanted(
        instruments=tuple(instruments), candles=(interval,), quotes=True, trades=bool(depth), book=depth
    )
    return CcxtFeed(place.ccxt_name, _site(place), wanted, on_arrival=wake)


def ccxt_lost_after(name: str) -> float:
    """The seconds after which a request that was not executed never will be: see `Rhythm.lost`."""
    from adapters.ccxt import dialect_of

    return dialect_of(name).request_seconds + _LATE


def _site(place: Place) -> Site:
    from adapters.ccxt import Site

    return Site(sandbox=place.testnet, demo=place.demo, http=place.address, socket=place.socket)
