"""Checksums of order books, for exchanges that state one in their messages."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, zip_longest
from zlib import crc32

from domain.book.frame import Row

_OKX_LEVELS = 25


def okx(bids: Sequence[Row], asks: Sequence[Row]) -> int:
    """The CRC-32 of the best 25 levels as a signed 32-bit integer; rows are best first.

    The text is `price:size` of the bids and asks in turn, joined by colons; a side that ends sooner is passed over.
    Source: OKX v5 documentation, "Order book channel", checksum.
    """
    pairs = zip_longest(bids[:_OKX_LEVELS], asks[:_OKX_LEVELS])
    text = ":".join(":".join(row) for row in chain.from_iterable(pairs) if row is not None)
    found = crc32(text.encode())
    return found - 2**32 if found >= 2**31 else found
