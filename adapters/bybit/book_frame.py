"""A push of Bybit's topic `orderbook` as a message of a book, exact and in one decoding.

Source: Bybit v5 documentation, "Orderbook". Recordings before `cts` have only `ts`, which then stands for it.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from domain.book.book import BookTerms
from domain.book.frame import BookFrame, Row
from domain.book.sequence import Bybit

_Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
_SNAPSHOT = "snapshot"


class _Data(Struct, frozen=True, gc=False):
    s: str
    b: list[Row]
    a: list[Row]
    u: _Count
    seq: _Count = 0


class BookPush(Struct, frozen=True, gc=False):
    """The push; one without a `type` is a snapshot."""

    topic: str
    ts: _Count
    data: _Data
    type: str = _SNAPSHOT
    cts: _Count | None = None


_PUSH = msgspec.json.Decoder(BookPush)


def book_push(text: str | bytes) -> BookPush:
    """Raises msgspec.DecodeError or RecursionError for what is no push of a book."""
    return _PUSH.decode(text)


def book_frame(push: BookPush) -> BookFrame:
    """The message that the push carries."""
    data = push.data
    return BookFrame(
        is_snapshot=push.type == _SNAPSHOT,
        first=data.u,
        last=data.u,
        sequence=data.seq,
        matched_ms=push.ts if push.cts is None else push.cts,
        bids=data.b,
        asks=data.a,
    )


def book_terms(depth: int, patience: float) -> BookTerms:
    """The terms of a book of this depth; `patience` as in `BookTerms`."""
    return BookTerms(rule=Bybit(), depth=depth, patience=patience)
