"""Connects a run with the exchange of its place, with Bybit or through ccxt.

The adapters are imported where a run connects: their libraries are those of an extra, and `Place` reports missing ones.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters.lease import Lease
from adapters.order_way import OrderWay
from adapters.secrecy import Credentials
from domain.errors import InvalidInput, InvalidSettings
from domain.order import OrderPlaced
from infra.run.ccxt_live import ccxt_connected, ccxt_lost_after
from infra.run.exchange_keys import bybit_keys, ccxt_keys
from infra.run.live_plan import LiveVenue, Rhythm, Wake
from infra.run.place import Place


def keys_of(place: Place, secrets: str | None) -> Credentials:
    """The API key of the exchange at this place; see `infra.run.exchange_keys` for `secrets` and the errors."""
    return ccxt_keys(place.ccxt_name, secrets) if place.ccxt_name else bybit_keys(secrets)


def check_place(place: Place, way: OrderWay, *, is_key_checked: bool, is_leased: bool = False) -> None:
    """Raises InvalidInput where a person states the rights of a key that the program finds out itself, or where the
    account is leased and the exchange's port heeds no lease; InvalidSettings where orders are to go over a socket that
    the exchange does not offer here, or that heeds no lease.
    """
    if is_key_checked and not place.ccxt_name:
        raise InvalidInput(
            "--key-is-checked is for exchanges of ccxt: the rights of a key of Bybit are read from Bybit"
        )
    if place.ccxt_name and is_leased:
        raise InvalidInput("an account is leased for bybit only: ccxt does not check a lease before it sends")
    if place.ccxt_name and way is OrderWay.WEBSOCKET:
        raise InvalidSettings("order_entry: orders through ccxt are sent by REST; WEBSOCKET is for bybit")
    if is_leased and way is OrderWay.WEBSOCKET:
        raise InvalidSettings("order_entry = WEBSOCKET: a leased account sends its orders by REST; set REST")


def rhythm_of(place: Place, poll: float) -> Rhythm:
    """How often the account at this place is compared; `poll` is in seconds."""
    if place.ccxt_name:
        return Rhythm(poll=poll, lost=ccxt_lost_after(place.ccxt_name))
    return Rhythm(poll=poll)


def connected(
    credentials: Credentials,
    place: Place,
    placed: Mapping[str, OrderPlaced],
    wake: Wake,
    way: OrderWay = OrderWay.REST,
    *,
    is_key_checked: bool = False,
    lease: Lease | None = None,
) -> LiveVenue:
    """The exchange at this place, not connected yet; `placed` are the terms of the log's working orders.

    `is_key_checked` states that a person has checked the rights of a key; it counts only where ccxt cannot state them.
    Under a `lease` nothing is sent while that is not valid; only Bybit's port heeds one (`check_place`).
    """
    if place.ccxt_name:
        return ccxt_connected(credentials, place, placed, wake, is_key_checked=is_key_checked)
    from adapters.bybit import BybitExchange
    from adapters.bybit.account import BybitAccount

    exchange = BybitExchange(credentials, place.site, placed, on_arrival=wake, way=way, lease=lease)
    return LiveVenue(exchange, BybitAccount(exchange), exchange.start, exchange.close)
