"""A backtest of a recording by CPU time of this process: recorded traffic of Binance, beside the raw read of its rows.

The recording has four minutes of the books, trades and best prices of USD-M's BTCUSDT. Run alone:
`python -m tests.benchmarks recorded_backtest`.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from adapters.market_recordings.reader import Wanted, read
from domain.book.readings import ReadingMaker
from infra.recording.market import RecordedMarket, of_folder
from infra.run.backtesting import Backtesting
from infra.run.book_recording import book_recording
from infra.run.plan import plan_of
from tests.benchmarks.figure import Figure
from tests.infra.recording.traffic import BTC, binance_traffic, received_from_binance, recorded
from tests.journeys.runs import EAGER

_DATA = Path(__file__).parents[3] / "shared" / "data"
_UNTIL = datetime(2024, 8, 8, 23, 58, 2, tzinfo=UTC)
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_KINDS = frozenset({"books", "trades", "notices"})


def run() -> Sequence[Figure]:
    """Messages of books and trades a second of CPU time. Where the traffic is missing, one row reports that."""
    if not (_DATA / "ticks").is_dir():
        return [Figure("recorded backtest", 0.0, "", None, "skipped: the recorded traffic is missing")]
    with TemporaryDirectory() as folder:
        received = received_from_binance(binance_traffic(_DATA, _UNTIL), reads=False)
        root = recorded(received, Path(folder))
        count, raw = _raw(root)
        readings, moments = _moments(root)
        whole = _backtest(root)
    note = f"{count:,} messages of {len(received.rows):,} rows"
    return [
        Figure("rows read", count / raw, "messages/s", None, f"{note}: Parquet to rows, nothing else"),
        Figure("readings made", count / moments, "messages/s", None, f"the same with {readings:,} readings"),
        Figure("backtest", count / whole, "messages/s", None, "the same with engine and exchange, no orders"),
    ]


def _raw(root: Path) -> tuple[int, float]:
    begun = process_time()
    count = sum(1 for _ in read(root, Wanted(kinds=_KINDS)))
    return count, process_time() - begun


def _moments(root: Path) -> tuple[int, float]:
    market = RecordedMarket(of_folder(root))
    begun = process_time()
    count = sum(len(one.readings) for one in market.moments([ReadingMaker(BTC)], _EVER))
    return count, process_time() - begun


def _backtest(root: Path) -> float:
    begun = process_time()
    market = RecordedMarket(of_folder(root))
    plan = plan_of(market.tapes(), "paper", Decimal(10_000), Decimal(1), EAGER)
    with closing(Backtesting(book_recording(plan, market))) as made:
        for _ in made.steps():
            pass
    return process_time() - begun
