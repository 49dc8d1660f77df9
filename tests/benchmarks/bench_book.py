"""Order books: messages a second and CPU time a delta, JSON included, beside a plain `json.loads` of the same
messages.

Run alone: `python -m tests.benchmarks book`. Times are of this thread's CPU, so that other programs of the machine do
not count. The recorded deltas are few and repeat; the seeded ones are all different.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from time import thread_time_ns

import numpy as np

from adapters.binance.depth_frame import delta as binance_delta
from adapters.binance.depth_frame import snapshot as binance_snapshot
from adapters.binance.market import MARKETS
from adapters.binance.stream_frame import combined, depth_update
from adapters.bybit.book_frame import book_frame, book_push, book_terms
from adapters.ladder_book.fast_book import fast_book
from adapters.ladder_book.push_reader import PushReader
from adapters.ladder_book.scale import Scale
from domain.book.book import Book, BookTerms, Taken
from domain.book.frame import BookFrame
from tests.benchmarks.book_flow import DEPTH, SYMBOL, TOPIC, pushes
from tests.benchmarks.figure import Figure
from tests.recordings import binance_messages, bybit_messages

_DATA = Path(__file__).parents[3] / "shared" / "data"
_SCALE = Scale(tick=Decimal("0.0001"), size_places=0)
_USDM = Scale(tick=Decimal("0.1"), size_places=3)
_TERMS = book_terms(DEPTH, 10.0)


@dataclass(frozen=True, slots=True)
class Kind:
    """A book and its reader; `limit` is the least messages a second, `slowest` the longest p99 in microseconds."""

    read: Callable[[bytes], BookFrame]
    new_book: Callable[[], Book]
    limit: int | None
    slowest: int | None = None


def run(rounds: int = 100, seeded: int = 100_000) -> Sequence[Figure]:
    """Measures the recordings that this machine has, then the seeded deltas; each with both kinds of book."""
    # A collection right before a delta would empty the processor's caches for it.
    gc.freeze()
    found: list[Figure] = []
    if _DATA.is_dir():
        recorded = bybit_messages(_DATA)
        found += _measured("Bybit 500, recorded", recorded, _PLAIN, rounds)
        found += _measured("Bybit 500, recorded, fast", recorded, _FAST, rounds)
        terms = BookTerms(rule=MARKETS["LINEAR"].rule)
        usdm = Kind(_binance, lambda: Book("BTCUSDT", terms), limit=None)
        found += _measured("Binance USD-M, recorded", _usdm(), usdm, 3)
        fast = Kind(_binance, lambda: fast_book("BTCUSDT", terms, _USDM), limit=None)
        found += _measured("Binance USD-M, recorded, fast", _usdm(), fast, 3)
    texts = list(pushes(20, seeded))
    assert len(set(texts)) == len(texts), "a seeded delta is there twice"
    found += _measured("Bybit 500, seeded", texts, _PLAIN, 1)
    return [*found, *_measured("Bybit 500, seeded, fast", texts, _FAST, 1)]


def _bybit(text: bytes) -> BookFrame:
    return book_frame(book_push(text))


_PLAIN = Kind(_bybit, lambda: Book(SYMBOL, _TERMS), limit=20_000)
_FAST = Kind(
    PushReader(TOPIC, SYMBOL, _SCALE).read,
    lambda: fast_book(SYMBOL, _TERMS, _SCALE),
    limit=100_000,
    slowest=50,
)


def _binance(text: bytes) -> BookFrame:
    if text.startswith(b'{"lastUpdateId"'):
        return binance_snapshot(text)
    return binance_delta(depth_update(combined(text).data, "BTCUSDT"))


def _usdm() -> list[bytes]:
    """The snapshot, then the deltas that follow it."""
    texts = [
        text
        for text in binance_messages(_DATA, "usdm")
        if b"depthUpdate" in text or b'{"lastUpdateId"' in text
    ]
    snapshot = next(text for text in texts if text.startswith(b'{"lastUpdateId"'))
    last = binance_snapshot(snapshot).last
    return [snapshot, *(text for text in texts if text is not snapshot and _binance(text).last > last)]


def _measured(
    name: str,
    texts: Sequence[bytes],
    kind: Kind,
    rounds: int,
) -> Iterator[Figure]:
    """The first text is the snapshot, and is not counted. Of each delta the fastest run counts: what the machine does
    meanwhile only adds to the time.
    """
    times = np.min([_times(texts, kind) for _ in range(rounds)], axis=0) / 1e3
    loads = np.min([_loads(texts) for _ in range(rounds)], axis=0) / 1e3
    levels = np.mean([len(frame.bids) + len(frame.asks) for frame in map(kind.read, texts[1:1_000])])
    size = np.mean([*map(len, texts[1:])])
    note = f"{times.size:,} deltas, fastest of {rounds} runs, {levels:.0f} levels and {size:.0f} bytes each"
    yield Figure(f"{name}: messages", 1e6 / times.mean(), "1/s", kind.limit, f"{note}; limit: at least")
    yield Figure(f"{name}: p50", float(np.percentile(times, 50)), "µs", None, note)
    yield Figure(f"{name}: p99", float(np.percentile(times, 99)), "µs", kind.slowest, note)
    yield Figure(f"{name}: json.loads alone", 1e6 / loads.mean(), "1/s", None, "the same messages, no book")
    yield Figure(
        f"{name}: beside json.loads", times.mean() / loads.mean(), "ratio", None, "decoding and book"
    )


def _times(texts: Sequence[bytes], kind: Kind) -> np.ndarray:
    """Nanoseconds of CPU of each delta."""
    book, read = kind.new_book(), kind.read
    assert book.take(read(texts[0]), 0.0) is Taken.REPLACED
    found = np.empty(len(texts) - 1)
    for number, text in enumerate(texts[1:]):
        began = thread_time_ns()
        taken = book.take(read(text), 0.0)
        found[number] = thread_time_ns() - began
        assert taken is Taken.CHANGED, book.why
    return found


def _loads(texts: Sequence[bytes]) -> np.ndarray:
    found = np.empty(len(texts) - 1)
    for number, text in enumerate(texts[1:]):
        began = thread_time_ns()
        json.loads(text)
        found[number] = thread_time_ns() - began
    return found
