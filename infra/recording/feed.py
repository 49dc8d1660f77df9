"""The feed of a recording: the books of Bybit or Binance, with everything else that they publish of an instrument."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from adapters.market_recordings.tap import MarketTap
from domain.errors import InvalidInput

if TYPE_CHECKING:
    from adapters.binance.book_feed import BinanceBooks
    from adapters.bybit.book_feed import BybitBooks

BYBIT, BINANCE = "bybit", "binance"
_SCHEMES = {"http": "ws", "https": "wss"}


class RecordedPlace(NamedTuple):
    """`exchange` is one of `bybit` and `binance`; `address` is empty for its own addresses. `depth` is the number of
    levels of Bybit's books; Binance sends all levels.
    """

    exchange: str
    depth: int
    testnet: bool = False
    address: str = ""

    @property
    def socket(self) -> str:
        """The address of WebSockets beside `address`."""
        scheme, _, rest = self.address.partition("://")
        return f"{_SCHEMES[scheme]}://{rest}" if self.address else ""


def recorded_feed(
    place: RecordedPlace, instruments: Sequence[str], tap: MarketTap | None = None
) -> BybitBooks | BinanceBooks:
    """The feed, not started yet; without a `tap` it has books and trades alone.

    Raises InvalidInput for an instrument or depth that the exchange does not have.
    """
    if place.exchange == BYBIT:
        from adapters.bybit import Site
        from adapters.bybit.book_feed import BybitBooks

        site = Site(testnet=place.testnet, http=place.address, socket=place.socket)
        return BybitBooks(site, instruments, depth=place.depth, tap=tap)
    if place.testnet:
        raise InvalidInput("--testnet is of bybit alone: name another address of binance with --address")
    from adapters.binance.book_feed import BinanceBooks
    from adapters.binance.book_feed import Site as BinanceSite

    return BinanceBooks(BinanceSite(http=place.address, socket=place.socket), instruments, tap=tap)
