"""The past candles of an exchange."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from tenacity import Retrying

from adapters.history.client import PATIENT, answer, opened
from adapters.history.market import Market, chosen
from adapters.history.page import CandleRow, Page
from domain.errors import ExchangeRefused, InvalidInput
from domain.number import number

_PAGE = 1_000
"""The candles of one response where the exchange states no other number."""
_DAY = "1d"


class History:
    """Past candles, fetched page by page. Every method raises ExchangeUnreachable and ExchangeRefused."""

    def __init__(self, exchange: str, address: str | None = None, patience: Retrying = PATIENT) -> None:
        """`exchange` is its name in ccxt, `address` replaces the exchange's own. Raises InvalidInput; see `opened`."""
        self._client, self._patience = opened(exchange, address), patience
        if not self._client.has["fetchOHLCV"]:
            raise InvalidInput(f"{exchange} offers no past candles")
        self._markets: Mapping[str, Any] = {}
        self.exchange = exchange

    def market(self, name: str, *, spot: bool) -> Market:
        """The market with this name; see `chosen`."""
        if not self._markets:
            self._markets = answer(self._client, self._client.load_markets, self._patience)
        return chosen(self._markets.values(), name, spot=spot)

    def now(self) -> int:
        """The exchange's time in ms since 1970; the machine's where the exchange does not state it."""
        if not self._client.has["fetchTime"]:
            return int(datetime.now(UTC).timestamp() * 1000)
        return int(answer(self._client, self._client.fetch_time, self._patience))

    def step(self, interval: str) -> int:
        """The ms of an interval. Raises InvalidInput for one that the exchange does not have."""
        known = [name for name in self._client.timeframes if name[-1] in "mhdw"]
        if interval not in known:
            raise InvalidInput(
                f"{self.exchange} has no candles of {interval!r}; its intervals are: {', '.join(known)}"
            )
        return int(self._client.parse_timeframe(interval)) * 1000

    def pages(self, market: Market, interval: str, since: int, end: int) -> Iterator[Page]:
        """The candles that open at or after `since` and are closed at `end` (ms since 1970), in order of time.

        Raises ExchangeRefused where the exchange states two candles for one time.
        """
        step, most = self.step(interval), self._most(market)
        position = -(-since // step) * step
        while position + step <= end:
            rows = self._rows(market, interval, position, most, end - step)
            position = rows[-1].open_time + step if rows else self._next(market, position, most * step, end)
            yield Page(rows, min(position, end))

    def _next(self, market: Market, position: int, window: int, end: int) -> int:
        """Where the next candles may be after an empty window: the years before a listing are not searched minute by
        minute."""
        if _DAY not in self._client.timeframes:
            return position + window
        day = self.step(_DAY)
        found = self._rows(market, _DAY, position // day * day, self._most(market), end)
        if not found:
            return end
        return max(position + window, found[0].open_time)

    def _rows(self, market: Market, interval: str, since: int, most: int, last: int) -> Sequence[CandleRow]:
        """The candles of one response that open from `since` to `last`."""
        found = answer(
            self._client,
            lambda: self._client.fetch_ohlcv(market.unified, interval, since, most),
            self._patience,
        )
        rows = sorted({_row(market, one) for one in found})
        for one, other in pairwise(rows):
            if one.open_time == other.open_time:
                raise ExchangeRefused(
                    f"{self.exchange} states two candles of {market.unified}: {one}, {other}"
                )
        return [row for row in rows if since <= row.open_time <= last]

    def _most(self, market: Market) -> int:
        return int(self._client.feature_value(market.unified, "fetchOHLCV", "limit") or _PAGE)


def _row(market: Market, figures: Sequence[Any]) -> CandleRow:
    """Raises ExchangeRefused for a candle with a figure that is no finite number."""
    try:
        open_time, *texts = figures
        for text in texts:
            number(text, Decimal)
        first, high, low, close, volume = texts
        return CandleRow(int(open_time), first, high, low, close, volume)
    except (TypeError, ValueError) as error:
        raise ExchangeRefused(f"not a candle of {market.unified}: {figures}") from error
