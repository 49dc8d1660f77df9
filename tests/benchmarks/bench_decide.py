"""Decisions: 45,031 candles through the whole engine into a log in memory, with an entry or exit at every cross."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from decimal import Decimal
from time import perf_counter

from adapters.tapes import Tape
from domain.log import Envelope
from domain.position import PositionClosed
from domain.signal import DecisionMade
from infra.run.paper import PaperRun
from infra.run.plan import plan_of
from tests.benchmarks.crosses import RECORDED, SETTINGS, plugged, recorded_tape
from tests.benchmarks.figure import Figure
from tests.benchmarks.logs import owned

_CLOSED, _EVENTS = 1_033, 26_644
"""The number of closed positions, on which three other engines and a plain loop agree, and of events that we record."""

_TIMES = 3


def run() -> Sequence[Figure]:
    """The rates of the fastest of three runs, without the time to read the file.

    Where the recording is missing, one row reports that.
    """
    if not RECORDED.is_file():
        return [Figure("decide", 0.0, "", None, f"skipped: {RECORDED.name} is missing")]
    tape = recorded_tape()
    with plugged():
        runs = [_played(tape) for _ in range(_TIMES)]
    seconds, events = min(seconds for seconds, _ in runs), runs[0][1]
    kinds = Counter(type(envelope.event) for envelope in events)
    found = (kinds[PositionClosed], len(events))
    if found != (_CLOSED, _EVENTS):
        raise AssertionError(f"{found} closed positions and events, where {(_CLOSED, _EVENTS)} were expected")
    note = (
        f"{len(events):,} events, {kinds[PositionClosed]:,} longs closed, {kinds[DecisionMade]:,} decisions"
    )
    return [
        Figure("decide", seconds, "s", None, note),
        Figure("decide", len(tape.candles) / seconds, "candles/s", None, f"{len(tape.candles):,} candles"),
        Figure("decide", len(events) / seconds, "events/s", None, "the same, by recorded events"),
    ]


def _played(tape: Tape) -> tuple[float, Sequence[Envelope]]:
    """The seconds of one run, and the events that it records."""
    seen: list[Envelope] = []
    plan = plan_of([tape], "paper", Decimal(10_000), Decimal(1), SETTINGS)
    started = perf_counter()
    with closing(owned("memory:")) as log:
        for _ in PaperRun(plan, log, seen.append).instants():
            pass
    return perf_counter() - started, seen
