"""Decisions made again from a log, as `whence replay --verify` does it; the log of a synthetic market is in memory."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from time import perf_counter

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from adapters.log.recorder_log import RecordedLog
from adapters.tapes import synthetic_tape
from infra.run.redeciding import Redecision
from tests.benchmarks.figure import Figure
from tests.journeys.runs import EAGER, SYMBOLS, plan, play

_CANDLES = 3_000
_TIMES = 3


def run() -> Sequence[Figure]:
    """The rates of the fastest of three verifications: reading, decoding, folding, deciding and comparing.

    Raises AssertionError where a decision differs.
    """
    with closing(open_memory(AvroCodec())) as log:
        play(plan(synthetic_tape(4, SYMBOLS, candles=_CANDLES), EAGER), log)
        runs = [_verified(log) for _ in range(_TIMES)]
    seconds, redecision = min(runs, key=lambda one: one[0])
    made = redecision.made.total()
    note = f"{made:,} decisions of {redecision.ordinal:,} events, all equal"
    return [
        Figure("re-decide", made / seconds, "decisions/s", None, note),
        Figure("re-decide", redecision.ordinal / seconds, "events/s", None, "read, decoded and folded, too"),
    ]


def _verified(log: RecordedLog) -> tuple[float, Redecision]:
    """One verification, with its seconds."""
    redecision, began = Redecision(), perf_counter()
    for _ordinal in redecision.steps(log.read()):
        pass
    seconds = perf_counter() - began
    if not redecision.is_equal:
        raise AssertionError(redecision.divergences[:3], redecision.impossible)
    return seconds, redecision
