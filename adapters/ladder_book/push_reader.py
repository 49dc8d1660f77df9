"""The compiled reader of Bybit's pushes: bytes in, a message with ticks and whole sizes out."""

from __future__ import annotations

import numpy as np

from adapters.bybit.book_frame import book_frame, book_push
from adapters.ladder_book.kernel import (
    ASKS,
    BIDS,
    CTS,
    HEAD,
    KIND,
    SEQUENCE,
    SYMBOL,
    SYMBOL_END,
    TOPIC,
    TOPIC_END,
    TS,
    UPDATE,
    read_push,
)
from adapters.ladder_book.scale import Scale
from adapters.ladder_book.tick_rows import TickRows
from domain.book.frame import BookFrame
from domain.errors import InvalidInput

_SHORTEST_ROW = 9
"""Characters of `["1","2"]`."""


class PushReader:
    """Reads the pushes of one topic of Bybit in the scale of its instrument."""

    def __init__(self, topic: str, symbol: str, scale: Scale) -> None:
        self._topic, self._symbol, self._scale = topic.encode(), symbol.encode(), scale
        self._head = np.empty(HEAD, np.int64)

    def read(self, text: bytes) -> BookFrame:
        """The message. One that compiled code does not read is read as `adapters.bybit.book_frame` does.

        Raises msgspec.DecodeError or RecursionError for what is no push of a book, InvalidInput for that of another
        topic or symbol.
        """
        grid = np.empty((4, len(text) // _SHORTEST_ROW + 1), np.int64)
        if not read_push(text, self._head, self._scale.units, grid):
            return self._plainly(text)
        head = self._head.tolist()
        self._check(text[head[TOPIC] : head[TOPIC_END]], text[head[SYMBOL] : head[SYMBOL_END]])
        update, cts = head[UPDATE], head[CTS]
        return BookFrame(
            is_snapshot=head[KIND] == 1,
            first=update,
            last=update,
            sequence=max(0, head[SEQUENCE]),
            matched_ms=head[TS] if cts < 0 else cts,
            bids=TickRows(grid, 0, head[BIDS], self._scale),
            asks=TickRows(grid, 1, head[ASKS], self._scale),
        )

    def _plainly(self, text: bytes) -> BookFrame:
        push = book_push(text)
        self._check(push.topic.encode(), push.data.s.encode())
        return book_frame(push)

    def _check(self, topic: bytes, symbol: bytes) -> None:
        if topic != self._topic or symbol != self._symbol:
            raise InvalidInput(f"this is no push of {self._topic.decode()} of {self._symbol.decode()}")
