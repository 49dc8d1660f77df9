"""Messages of a book, written shortly."""

from __future__ import annotations

from collections.abc import Sequence

from domain.book.frame import BookFrame, Row

BIDS: Sequence[Row] = (("100.2", "1.0"), ("100.1", "2.0"), ("100.0", "3.0"))
ASKS: Sequence[Row] = (("100.3", "1.5"), ("100.4", "2.5"), ("100.5", "3.5"))


def snapshot(
    update: int,
    bids: Sequence[Row] = BIDS,
    asks: Sequence[Row] = ASKS,
    *,
    at: int | None = None,
    sequence: int | None = None,
    checksum: int | None = None,
) -> BookFrame:
    """A whole book; its time and sequence follow from its update unless they are given."""
    return BookFrame(
        is_snapshot=True,
        first=update,
        last=update,
        sequence=update * 10 if sequence is None else sequence,
        matched_ms=update * 20 if at is None else at,
        bids=bids,
        asks=asks,
        checksum=checksum,
    )


def delta(
    update: int,
    bids: Sequence[Row] = (),
    asks: Sequence[Row] = (),
    *,
    first: int | None = None,
    previous: int = -1,
    at: int | None = None,
    sequence: int | None = None,
    checksum: int | None = None,
) -> BookFrame:
    """A delta that ends with this update, and covers only it unless `first` is given."""
    return BookFrame(
        is_snapshot=False,
        first=update if first is None else first,
        last=update,
        previous=previous,
        sequence=update * 10 if sequence is None else sequence,
        matched_ms=update * 20 if at is None else at,
        bids=bids,
        asks=asks,
        checksum=checksum,
    )
