"""A row whose sums are made ready by compiled code equals the plain row bit for bit.

`test_book_analysis` compares the rows of recorded traffic.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import merge

import numpy as np
import pytest

from adapters.book_kind import BookKind, preparation_of
from domain.book.analysis.book_analysis import BookAnalysis
from domain.book.analysis.once import Filling
from domain.book.analysis.table import FIGURES, row_of
from domain.book.analysis.view import Preparation, View
from domain.book.depth import Depth, PublicTrade
from tests.domain.book.flow import NAME, Flow, Message, Spoofer
from tests.domain.book.kinds import WITHOUT_NUMBA

NAMES = tuple(one.feature.name for one in FIGURES)


def take(analysis: BookAnalysis, message: Message) -> None:
    if isinstance(message, Depth):
        analysis.on_depth(message)
    else:
        analysis.on_trade(message)


def differences(plain: Sequence[float | None], fast: Sequence[float | None]) -> Sequence[str]:
    """The names of the figures that are not equal bit for bit."""
    return [name for name, one, other in zip(NAMES, plain, fast, strict=True) if one != other]


def flow_of(seed: int, levels: int, count: int) -> Iterable[tuple[int, int, Message]]:
    spoofer = Spoofer(every_ms=60_000, layers=1 + seed % 2 * 3, stands_ms=700)
    flow = Flow(seed, levels=levels, step_ms=100.0, taken=0.12, spoofer=spoofer)
    return ((one.matched_ms, seed, one) for one in flow.messages(count))


def compiled() -> Preparation:
    preparation = preparation_of(BookKind.FAST)
    assert preparation is not None
    return preparation


def rows_of_three(levels: int, count: int, every: int) -> Iterator[tuple[Sequence[float | None], ...]]:
    """The plain and the prepared rows of three seeded books, each with the others as reference and other exchange."""
    books, preparation = [BookAnalysis(NAME, 200_000.0) for _ in range(3)], compiled()
    messages = merge(*(flow_of(seed, levels, count) for seed in range(3)), key=lambda one: one[:2])
    for taken, (at, seed, message) in enumerate(messages, 1):
        take(books[seed], message)
        if taken % every == 0:
            for place, own in enumerate(books):
                others = books[place - 1].bins, books[place - 2].bins
                yield row_of(own, at, *others), row_of(own, at, *others, preparation)


@WITHOUT_NUMBA
@pytest.mark.parametrize(("levels", "count", "every"), [(60, 5_000, 61), (240, 2_000, 61), (24, 2_000, 97)])
def test_rows_of_seeded_books_are_equal_bit_for_bit(levels: int, count: int, every: int) -> None:
    known = dict.fromkeys(NAMES, 0)
    for plain, fast in rows_of_three(levels, count, every):
        assert differences(plain, fast) == []
        for name, value in zip(NAMES, plain, strict=True):
            known[name] += value is not None
    if levels == 240:
        assert [name for name, times in known.items() if not times] == []


@WITHOUT_NUMBA
def test_levels_that_are_not_contiguous_give_the_plain_row() -> None:
    """Numpy adds the products of such arrays in another order, so compiled code leaves them to the plain version."""
    book = BookAnalysis(NAME)
    for message in Flow(1, levels=60).messages(50):
        if isinstance(message, PublicTrade):
            continue
        spread = [
            np.repeat(side, 2)[::2]
            for side in (message.bid_prices, message.bid_sizes, message.ask_prices, message.ask_sizes)
        ]
        book.on_depth(
            Depth(
                instrument=NAME,
                update_id=message.update_id,
                sequence=message.sequence,
                matched_ms=message.matched_ms,
                received_ms=message.received_ms,
                bid_prices=spread[0],
                bid_sizes=spread[1],
                ask_prices=spread[2],
                ask_sizes=spread[3],
            )
        )
    plain = row_of(book, book.last_ms)
    assert differences(plain, row_of(book, book.last_ms, preparation=compiled())) == []


def test_a_name_that_is_not_computed_once_is_refused_when_a_filling_is_made() -> None:
    with pytest.raises(TypeError, match=r"View\.backs is no member that is computed once"):
        Filling(View, "backs")
