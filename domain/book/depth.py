"""The best levels of an order book at one moment, as arrays for the analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Depth(Struct, frozen=True, kw_only=True, gc=False, eq=False):
    """Levels of both sides, best first; prices in quote currency, sizes in base currency (float64, equal lengths).

    `update_id` and `sequence` are the exchange's (`u` and `seq` of Bybit). `matched_ms` is the time of the matching
    engine, `received_ms` that of this machine, both in Unix milliseconds.
    """

    instrument: str
    update_id: int
    sequence: int
    matched_ms: int
    received_ms: int
    bid_prices: NDArray[np.float64]
    bid_sizes: NDArray[np.float64]
    ask_prices: NDArray[np.float64]
    ask_sizes: NDArray[np.float64]


class PublicTrade(Struct, frozen=True, kw_only=True, gc=False):
    """One trade of the market. `is_buy`: the taker bought. `matched_ms` in Unix milliseconds."""

    instrument: str
    id: str
    price: float
    size: float
    is_buy: bool
    matched_ms: int
