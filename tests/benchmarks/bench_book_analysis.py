"""What the analysis of an order book costs: of each message, and of a row of all figures.

Times are of the processor, so that other work on the machine counts little. The deltas are seeded and all different.
Run alone: `python -m tests.benchmarks.bench_book_analysis`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import process_time

from adapters.book_kind import BookKind, preparation_of
from adapters.extras import FAST, has_extras
from domain.book.analysis.book_analysis import BookAnalysis
from domain.book.analysis.table import FIGURES, row_of
from domain.book.depth import Depth
from tests.benchmarks.figure import Figure
from tests.domain.book.flow import NAME, Flow, Message

_MESSAGES = 100_000
_STEP_MS = 2.0
_ROWS = 400
_TURNS = 5
_KINDS = (BookKind.PLAIN, BookKind.FAST) if has_extras(FAST) else (BookKind.PLAIN,)


def run() -> Sequence[Figure]:
    """The best of five measurements: 50 levels a side as updates take them, 200 levels for rows."""
    messages = list(Flow(1, levels=50, step_ms=_STEP_MS).messages(_MESSAGES))
    return [
        *_updates(messages),
        *(one for kind in _KINDS for levels in (50, 200) for one in _rows(levels, kind)),
    ]


def _updates(messages: Sequence[Message]) -> list[Figure]:
    def take() -> None:
        analysis = BookAnalysis(NAME)
        on_depth, on_trade = analysis.on_depth, analysis.on_trade
        for one in messages:
            if isinstance(one, Depth):
                on_depth(one)
            else:
                on_trade(one)

    seconds = _best(take)
    span = (messages[-1].matched_ms - messages[0].matched_ms) / 1_000.0
    note = f"{len(messages):,} messages of {span:,.0f} s: levels, trades, half seconds and walls"
    return [Figure("one message", seconds / len(messages) * 1e6, "µs", 10.0, note)]


def _rows(levels: int, kind: BookKind) -> list[Figure]:
    preparation = preparation_of(kind)
    analyses = [_analysed(seed, levels) for seed in range(3)]
    own, reference, venue = analyses
    depth = own.depth
    assert depth is not None

    def rows() -> None:
        for _ in range(_ROWS):
            # Each row reads levels that no row has read before.
            own.on_depth(depth)
            row_of(own, own.last_ms, reference.bins, venue.bins, preparation)

    note = f"{len(FIGURES)} figures, {levels} levels a side, with another instrument and another exchange"
    missing = sum(one is None for one in row_of(own, own.last_ms, reference.bins, venue.bins))
    limit = 200.0 if kind is BookKind.FAST else None
    name = f"one row of all figures, {kind}"
    return [Figure(name, _best(rows) / _ROWS * 1e6, "µs", limit, f"{note}; {missing} missing")]


def _analysed(seed: int, levels: int) -> BookAnalysis:
    analysis = BookAnalysis(NAME)
    for one in Flow(seed, levels=levels, step_ms=50.0).messages(4_000):
        if isinstance(one, Depth):
            analysis.on_depth(one)
        else:
            analysis.on_trade(one)
    return analysis


def _best(measured: Callable[[], None]) -> float:
    return min(_seconds(measured) for _ in range(_TURNS))


def _seconds(measured: Callable[[], None]) -> float:
    started = process_time()
    measured()
    return process_time() - started


if __name__ == "__main__":
    for figure in run():
        limit = "" if figure.limit is None else f"  (limit {figure.limit:g})"
        print(f"{figure.name:30} {figure.value:8.2f} {figure.unit:4}{limit}  {figure.note}")
