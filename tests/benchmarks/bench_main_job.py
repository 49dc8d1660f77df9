"""The main job: a run over three symbols with 77,760 candles on SQLite and on Kafka, and a second run on its log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from time import perf_counter

from infra.run.paper import PaperRun
from infra.run.plan import Plan
from projections.summary import Summary
from tests.benchmarks.figure import Figure
from tests.benchmarks.logs import fresh, owned
from tests.benchmarks.runs import plan, tapes

_LIMITS = {"SQLite": 8.0, "Kafka": 16.0}


def run() -> Sequence[Figure]:
    """Seconds and candles per second of the whole job, including reading the files."""
    started = perf_counter()
    read, kind = tapes()
    reading = perf_counter() - started
    chosen = plan(of=read)
    candles = sum(len(tape.candles) for tape in read)
    figures = [Figure("read and check the tapes", reading, "s", None, f"{candles:,} {kind} candles")]
    for log in _LIMITS:
        figures.extend(_measured(log, chosen, candles, reading))
    return figures


def _measured(log: str, chosen: Plan, candles: int, reading: float) -> Iterator[Figure]:
    with fresh(log) as address:
        first, summary = _played(address, chosen)
        whole = first + reading
        note = f"{summary.events:,} events, {summary.trades} trades"
        yield Figure(f"main job on {log}", whole, "s", _LIMITS[log], note)
        yield Figure(f"main job on {log}", candles / whole, "candles/s", None, "the same, as a rate")
        again, _ = _played(address, chosen)
        yield Figure(f"recalled on {log}", again, "s", None, "a second run, which writes no events")


def _played(address: str, chosen: Plan) -> tuple[float, Summary]:
    summary = Summary()
    started = perf_counter()
    with closing(owned(address)) as log:
        for _ in PaperRun(chosen, log, summary.fold).instants():
            pass
    return perf_counter() - started, summary
