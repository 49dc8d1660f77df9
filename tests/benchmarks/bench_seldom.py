"""Runs that trade seldom, with and without passing over candles, by CPU time of this process, on a log in memory.

The strategy is trend following with EMAs of 200 and 800 candles: on the recorded month, and on twelve copies of it one
after the other. Both runs make the same log (`tests/infra/run/test_skipping.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from time import process_time

from adapters.tapes import Tape
from domain.settings import StrategySettings
from infra.run.paper import PaperRun
from infra.run.plan import plan_of
from tests.benchmarks.crosses import RECORDED, SETTINGS, recorded_tape
from tests.benchmarks.figure import Figure
from tests.benchmarks.logs import owned
from tests.replacing import replace as changed

_TREND = StrategySettings("trend", parameters={"fast": "200", "slow": "800", "trend": "1600"})
_MONTHS = 12
_TIMES = 3


def run() -> Sequence[Figure]:
    """The rates of the fastest of three alternating runs. Where the recording is missing, one row reports that."""
    if not RECORDED.is_file():
        return [Figure("seldom", 0.0, "", None, f"skipped: {RECORDED.name} is missing")]
    month = recorded_tape()
    return [*_figures("a month", month), *_figures("a year", _year(month))]


def _figures(name: str, tape: Tape) -> Sequence[Figure]:
    runs = [(played(tape, skips=False), played(tape, skips=True)) for _time in range(_TIMES)]
    each, skipped = (min(one) for one in zip(*runs, strict=True))
    candles = len(tape.candles)
    return [
        Figure(f"{name}, each candle", candles / each, "candles/s", None, f"{candles:,} candles"),
        Figure(
            f"{name}, skipping", candles / skipped, "candles/s", None, f"{each / skipped:.2f} times as fast"
        ),
    ]


def _year(month: Tape) -> Tape:
    length = month.candles[-1].close_time - month.candles[0].open_time + timedelta(minutes=1)
    moved = (
        changed(candle, open_time=candle.open_time + number * length)
        for number in range(_MONTHS)
        for candle in month.candles
    )
    return replace(month, candles=tuple(moved))


def played(tape: Tape, *, skips: bool) -> float:
    """The CPU seconds of one run."""
    settings = replace(SETTINGS, strategies=(_TREND,))
    plan = plan_of([tape], "paper", Decimal(10_000), Decimal(1), settings)
    with closing(owned("memory:")) as log:
        began = process_time()
        for _instant in PaperRun(plan, log, lambda _envelope: None, skips=skips).instants():
            pass
        log.check()
        return process_time() - began
