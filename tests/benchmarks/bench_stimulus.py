"""The time from a candle to its durable orders: the signal, the votes of both committees, size, orders, one append."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from adapters.tapes import synthetic_tape
from domain.log import Envelope
from domain.order import OrderPlaced
from infra.run.paper import PaperRun
from tests.benchmarks.figure import Figure
from tests.benchmarks.logs import fresh, owned
from tests.benchmarks.runs import EAGER, plan

_LIMITS = {"SQLite": 2.0, "Kafka": 10.0}
_COMMITS, _EVENTS, _BYTES = 430, 6, 400


def run() -> Sequence[Figure]:
    """p50 and p99 in milliseconds over every entry of an eager run on a synthetic market."""
    return [*_commits(), *(figure for log in _LIMITS for figure in _measured(log))]


def _commits() -> Sequence[Figure]:
    """SQLite's raw limit: one durable transaction with as many bytes as the events of an entry with stop and target."""
    took: list[float] = []
    with TemporaryDirectory() as folder, closing(sqlite3.connect(Path(folder) / "raw.db")) as connection:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE raw (ordinal INTEGER PRIMARY KEY, state BLOB)")
        for _ in range(_COMMITS):
            began = perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO raw (state) VALUES (?)", [(bytes(_BYTES),)] * _EVENTS)
            connection.execute("COMMIT")
            took.append(perf_counter() - began)
    note = f"{_COMMITS:,} transactions of {_EVENTS} rows of {_BYTES} bytes: the raw limit in this run"
    return [_percentile("one transaction on SQLite", took, percent, None, note) for percent in (50, 99)]


def _measured(log: str) -> Sequence[Figure]:
    chosen = plan(EAGER, of=synthetic_tape(7, candles=20_000))
    with fresh(log) as address, closing(owned(address)) as opened:
        watch = _Watch()
        run = PaperRun(chosen, opened, lambda _: None, observer=watch)
        for _ in run.instants():
            pass
    note = f"{len(watch.took):,} entries"
    what = f"stimulus to order intent on {log}"
    return [
        _percentile(what, watch.took, 50, None, note),
        _percentile(what, watch.took, 99, _LIMITS[log], note),
    ]


def _percentile(what: str, took: Sequence[float], percent: int, limit: float | None, note: str) -> Figure:
    ordered = sorted(took)
    return Figure(f"{what}, p{percent}", ordered[len(ordered) * percent // 100] * 1e3, "ms", limit, note)


class _Watch:
    """Records the duration of each unit of work with an order, from its stimulus until its events are durable."""

    def __init__(self) -> None:
        self.took: list[float] = []

    def saw(self, instrument: str, close: Decimal, at: datetime) -> None:
        """See `commands.observer.Observer`."""

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None:
        """See `commands.observer.Observer`."""
        if any(isinstance(envelope.event, OrderPlaced) for envelope in envelopes):
            self.took.append(worked + appended)
