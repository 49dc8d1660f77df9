"""One message of an exchange's order book, in the exact texts that the exchange sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

Text = Annotated[str, Meta(max_length=40)]
"""A number in the exchange's own digits; whatever decodes a message refuses a longer one."""

Row = tuple[Text, Text]
"""Price and size as decimal texts; a size of zero removes the price."""


class BookFrame(Struct, frozen=True, kw_only=True, gc=False):
    """A snapshot, or a delta with absolute sizes.

    `first` to `last` are the updates that it covers: Binance's `U` and `u`; both are Bybit's `u`, and both are the
    `lastUpdateId` of a REST snapshot. `previous` is the last update of the delta before (`pu` of Binance USD-M), -1
    where the exchange does not state it. `sequence` is Bybit's `seq`, else `last`. `matched_ms` is the time of the
    matching engine (`cts`, `T`; `E` of Binance spot) in Unix milliseconds, 0 where the exchange does not state it.
    `checksum` is the exchange's of the book after the message; None where it has none.
    """

    is_snapshot: bool
    first: int
    last: int
    previous: int = -1
    sequence: int
    matched_ms: int
    bids: Sequence[Row]
    asks: Sequence[Row]
    checksum: int | None = None
