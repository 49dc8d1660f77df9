"""The trading rules that an exchange states, as the documents that `adapters.instruments` reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tenacity import Retrying

from adapters.history.client import PATIENT, answer, opened

_BYBIT = "bybit"
_CATEGORIES = ("linear", "spot")
_PAGE = 1_000


def rules_of(exchange: str, address: str | None = None, patience: Retrying = PATIENT) -> object:
    """Bybit's own instruments-info, page by page; of any other exchange the markets as ccxt states them.

    ccxt's markets of Bybit have fees that Bybit does not charge. Numbers with a point are text. Raises InvalidInput for
    an unknown exchange, ExchangeUnreachable and ExchangeRefused.
    """
    return rules_with(opened(exchange, address), patience)


def rules_with(client: Any, patience: Retrying = PATIENT) -> object:
    """The rules that a client of ccxt states; see `rules_of`."""
    if client.id == _BYBIT:
        return list(_pages(client, patience))
    markets = answer(client, lambda: client.load_markets(reload=True), patience)
    return json.loads(json.dumps(list(markets.values()), default=str), parse_float=str)


def _pages(client: Any, patience: Retrying) -> Iterator[Mapping[str, Any]]:
    for category in _CATEGORIES:
        cursor = ""
        while True:
            page = _page(client, {"category": category, "limit": _PAGE, "cursor": cursor}, patience)
            yield page
            cursor = page["result"].get("nextPageCursor", "")
            if not cursor:
                break


def _page(client: Any, query: Mapping[str, Any], patience: Retrying) -> Mapping[str, Any]:
    parameters = {name: value for name, value in query.items() if value}
    page: Mapping[str, Any] = answer(
        client, lambda: client.publicGetV5MarketInstrumentsInfo(parameters), patience
    )
    return {**page, "retCode": int(page["retCode"]), "time": int(page["time"])}
