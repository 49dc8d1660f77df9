"""A market whose past is fetched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from domain.errors import InvalidInput
from domain.plain_text import meant


class Market(NamedTuple):
    """One spot pair or linear contract; `unified` is its symbol in ccxt, as `BTC/USDT:USDT`."""

    unified: str
    symbol: str
    is_spot: bool


def chosen(markets: Iterable[Mapping[str, Any]], name: str, *, spot: bool) -> Market:
    """The market that `name` names: its symbol in ccxt, the exchange's own, or base and quote as `BTCUSDT`.

    `spot` decides where a spot pair and a contract have the name; ccxt's symbol names one of them. Raises InvalidInput
    for an unknown name, for inverse contracts and options, and for contracts whose volume may be counted in contracts.
    """
    known = [one for one in markets if one.get("spot") or one.get("swap") or one.get("future")]
    named = [one for one in known if name.upper() in _names(one)]
    exact = [one for one in named if one["symbol"] == name.upper()]
    found = exact or [one for one in named if bool(one.get("spot")) == spot]
    if not found:
        raise InvalidInput(_unknown(name, named, known, spot=spot))
    market = min(found, key=_preference)
    _check(market)
    return Market(market["symbol"], f"{market['base']}{market['quote']}", bool(market.get("spot")))


def _names(market: Mapping[str, Any]) -> tuple[str, ...]:
    return market["symbol"].upper(), market["id"].upper(), f"{market['base']}{market['quote']}".upper()


def _preference(market: Mapping[str, Any]) -> tuple[bool, bool, str]:
    """A perpetual contract comes before one with an expiry, a linear one before an inverse one."""
    return bool(market.get("future")), bool(market.get("inverse")), market["symbol"]


def _check(market: Mapping[str, Any]) -> None:
    if market.get("inverse"):
        raise InvalidInput(
            f"{market['symbol']} is an inverse contract: its volume is not in its base currency"
        )
    size = market.get("contractSize")
    if not market.get("spot") and size is not None and float(size) != 1:
        raise InvalidInput(
            f"one contract of {market['symbol']} is {size} {market['base']}, so its volume may count contracts: fetch "
            "its spot market with --spot, or read a file of the exchange"
        )


def _unknown(name: str, named: list[Mapping[str, Any]], known: list[Mapping[str, Any]], *, spot: bool) -> str:
    if named:
        return f"{name!r} is no {'spot pair' if spot else 'contract'} here; {'leave out' if spot else 'add'} --spot"
    of_kind = [one for one in known if bool(one.get("spot")) == spot]
    similar = {one["symbol"] if "/" in name else f"{one['base']}{one['quote']}" for one in of_kind}
    return f"{name!r} is no market of this exchange{meant(name.upper(), similar)}"
