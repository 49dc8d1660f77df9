"""Binance's deltas and snapshots of a book as its messages, for spot and USD-M futures.

Source: Binance documentation, "Diff. Depth Stream" and "Order Book" of both markets. Spot states no time of matching:
its `E` stands for it, and its snapshot has none.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from domain.book.frame import BookFrame, Row

_Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class DepthUpdate(Struct, frozen=True, gc=False, kw_only=True):
    """A delta. `T` and `pu` are of USD-M only."""

    s: str
    E: _Count
    U: _Count
    u: _Count
    b: list[Row]
    a: list[Row]
    pu: int = -1
    T: _Count | None = None


class _Snapshot(Struct, frozen=True, gc=False, kw_only=True):
    lastUpdateId: _Count  # noqa: N815 - Binance's name
    bids: list[Row]
    asks: list[Row]
    T: _Count = 0


_SNAPSHOT = msgspec.json.Decoder(_Snapshot)


def delta(update: DepthUpdate) -> BookFrame:
    """The message of a delta."""
    return BookFrame(
        is_snapshot=False,
        first=update.U,
        last=update.u,
        previous=update.pu,
        sequence=update.u,
        matched_ms=update.E if update.T is None else update.T,
        bids=update.b,
        asks=update.a,
    )


def snapshot(text: bytes) -> BookFrame:
    """The message of a REST snapshot. Raises msgspec.DecodeError or RecursionError for what is none."""
    found = _SNAPSHOT.decode(text)
    return BookFrame(
        is_snapshot=True,
        first=found.lastUpdateId,
        last=found.lastUpdateId,
        sequence=found.lastUpdateId,
        matched_ms=found.T,
        bids=found.bids,
        asks=found.asks,
    )
