"""Queries the snapshot of a book, within Binance's limit of requests.

Binance answers 429 where the limit of an address is used up, and 418 where the address went on and is banned; both
state in `Retry-After` how many seconds to wait. Source: Binance documentation, "Limits".
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout

from adapters.binance.depth_frame import snapshot
from adapters.binance.market import Market
from domain.book.frame import BookFrame
from domain.errors import ExchangeRefused, ExchangeUnreachable

_MINUTE = 60.0
_SHARE = 0.8
"""The part of the limit that snapshots use: other programs of this machine have the rest."""

_THROTTLED = frozenset({418, 429})
_LEAST_REST, _LONGEST_REST = 1.0, 3 * 86_400.0
"""Seconds; Binance bans an address for at most three days."""

_SHOWN = 200


class SnapshotQuery:
    """One query after another. `seconds` returns the time of a clock that never goes back."""

    def __init__(
        self,
        session: ClientSession,
        address: str,
        market: Market,
        *,
        timeout: float = 10.0,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session, self._url, self._market = session, address + market.depth, market
        self._timeout, self._seconds = ClientTimeout(total=timeout), seconds
        self._apart = _MINUTE * market.weight / (market.limit * _SHARE)
        self._next_at = 0.0
        self._turn = asyncio.Lock()

    async def snapshot(self, symbol: str) -> BookFrame:
        """The snapshot, after its turn.

        Raises ExchangeUnreachable if no usable response arrived, and ExchangeRefused if Binance refused the query.
        After a refusal for too many requests no query is made before the time that Binance stated.
        """
        async with self._turn:
            await asyncio.sleep(max(0.0, self._next_at - self._seconds()))
            self._next_at = self._seconds() + self._apart
            status, body, retry_after = await self._response(symbol)
            if status in _THROTTLED:
                rest = _rest(retry_after)
                self._next_at = self._seconds() + rest
                raise ExchangeRefused(
                    f"Binance has too many requests of this address: none is made for {rest:g} s"
                )
        if status >= 500:
            raise ExchangeUnreachable(f"Binance returned status {status} for the book of {symbol}")
        if status != 200:
            raise ExchangeRefused(f"Binance refused the book of {symbol}: {_shown(body)}")
        try:
            return snapshot(body)
        except (msgspec.DecodeError, RecursionError) as fault:
            raise ExchangeUnreachable(
                f"the response for the book of {symbol} cannot be read: {fault}"
            ) from None

    async def _response(self, symbol: str) -> tuple[int, bytes, str]:
        params = {"symbol": symbol, "limit": str(self._market.listed)}
        try:
            async with self._session.get(self._url, params=params, timeout=self._timeout) as response:
                return response.status, await response.read(), response.headers.get("Retry-After", "")
        except TimeoutError:
            raise ExchangeUnreachable(f"no response for the book of {symbol} arrived in time") from None
        except (ClientError, OSError) as fault:
            raise ExchangeUnreachable(
                f"the book of {symbol} cannot be queried: {type(fault).__name__}"
            ) from None


def _rest(retry_after: str) -> float:
    """The seconds to wait; a minute, which is the window of the limit, where Binance states none."""
    if not (retry_after.isascii() and retry_after.isdecimal()):
        return _MINUTE
    return min(max(float(retry_after), _LEAST_REST), _LONGEST_REST)


def _shown(body: bytes) -> str:
    return body[:_SHOWN].decode(errors="replace")
