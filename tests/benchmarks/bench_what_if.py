"""What-if: the inputs that one core feeds again in a second, both logs made and compared, and the write of one."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from time import perf_counter

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from adapters.tapes import synthetic_tape
from infra.cli.what_if_words import counts
from infra.run.backtest import Change
from infra.run.recorded_candles import recorded_candles
from infra.run.what_if import WhatIf
from tests.benchmarks.figure import Figure
from tests.benchmarks.logs import fresh, owned
from tests.journeys.runs import EAGER, SYMBOLS, plan, play

_CANDLES = 20_000


def run(candles: int = _CANDLES) -> Sequence[Figure]:
    """Inputs per second of a tape of one symbol, whose every signal is traded."""
    tapes = synthetic_tape(4, SYMBOLS[:1], candles=candles)
    with closing(open_memory(AvroCodec())) as log:
        events = len(play(plan(tapes, EAGER), log))
        began = perf_counter()
        with closing(WhatIf(recorded_candles(log, tapes, {}), log, Change())) as made:
            inputs = sum(1 for _number in made.steps())
            fed = perf_counter() - began
            differences = sum(sum(counts(one).values()) for one in (made.reproduced, made.comparison))
            with fresh("SQLite") as address, closing(owned(address)) as target:
                began = perf_counter()
                made.write(target)
                written = perf_counter() - began
    note = f"{inputs:,} inputs of control and candidate, {events:,} events each, {differences} differences"
    return (
        Figure("inputs fed, logs made in memory and compared", inputs / fed, "inputs/s", None, note),
        Figure("the candidate's log written to SQLite", events / written, "events/s", None, "one append"),
    )
