"""The tape of inputs: taking an input, and an append to the log with and without a tape, on SQLite and on Kafka.

Run alone: `python -m tests.benchmarks input_tape`. Appends with and without a tape alternate in one run, on two logs of
one kind, so that both meet the same load. An append is one event; with a tape, the candles of one second and a tick
come before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import median
from time import perf_counter

from adapters.inputs.codec import Writer
from adapters.log.recorder_log import RecorderLog
from commands.input_tape import InputTape, SessionBegun
from commands.inputs import Input, MarketMoved, Tick
from domain.candle import Candle
from domain.log import Envelope
from domain.market import Quote
from infra.config import load
from infra.inputs import input_tape
from infra.run.clock import utc_now
from tests.adapters.log.days import LOG_ID, day, opened
from tests.benchmarks.figure import Figure
from tests.benchmarks.logs import fresh, owned
from tests.domain.history import BTC, ETH

D = Decimal
AT = datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)


def run(inputs: int = 20_000, appends: int = 300) -> Sequence[Figure]:
    """Measures the encoding of each kind of input, then the appends on each kind of log."""
    return [*_encoding(inputs), *_appends("SQLite", appends), *_appends("Kafka", appends)]


def _candle(instrument: str) -> Candle:
    return Candle(
        instrument=instrument,
        interval=timedelta(minutes=5),
        open_time=AT,
        open=D("63123.50"),
        high=D("63200.10"),
        low=D("63100.00"),
        close=D("63150.90"),
        volume=D("12.345"),
    )


QUOTE = Quote(instrument=BTC, at=AT, bid=D("63123.50"), bid_size=D("1.5"), ask=D("63123.60"), ask_size=D("2"))
CANDLES = MarketMoved(AT, (_candle(BTC), _candle(ETH)))
KINDS: dict[str, Input] = {"a tick": Tick(AT), "a quote": MarketMoved(AT, (QUOTE,)), "two candles": CANDLES}


def _encoding(inputs: int) -> Iterator[Figure]:
    for name, given in KINDS.items():
        encode = Writer().encode
        began = perf_counter()
        for _ in range(inputs):
            encode(AT, given)
        each = (perf_counter() - began) / inputs * 1e6
        note = f"{inputs} in a row, {len(encode(AT, given))} bytes before compression"
        yield Figure(f"encode {name}", each, "µs", None, note)


def _appends(kind: str, appends: int) -> Iterator[Figure]:
    with ExitStack() as held:
        bare = held.enter_context(closing(owned(held.enter_context(fresh(kind)))))
        address = held.enter_context(fresh(kind))
        taped = held.enter_context(closing(owned(address)))
        tape = held.enter_context(input_tape(load(log=address), taped, utc_now))
        tape.take(SessionBegun(at=AT, folded=0, log_id=LOG_ID, account="main", source="bench", since=AT))
        times = _in_turns(bare, taped, tape, appends)
    note = f"{appends} appends of one event in turns"
    for name, found in zip(("bare", "with a tape"), times, strict=True):
        yield Figure(f"{kind}, append {name}: p50", median(found) * 1e3, "ms", None, note)
    yield Figure(
        f"{kind}, append with a tape beside bare", median(times[1]) / median(times[0]), "ratio", None, note
    )


def _in_turns(
    bare: RecorderLog, taped: RecorderLog, tape: InputTape, appends: int
) -> tuple[list[float], list[float]]:
    without, beside = list[float](), list[float]()
    for log in (bare, taped):
        log.append([opened()])
    for number in range(1, appends + 1):
        event = day("account-main", number)
        without.append(_timed(bare, event))
        began = perf_counter()
        tape.take(CANDLES)
        tape.take(Tick(AT))
        tape.keep()
        taped.append([event])
        beside.append(perf_counter() - began)
    return without, beside


def _timed(log: RecorderLog, event: Envelope) -> float:
    began = perf_counter()
    log.append([event])
    return perf_counter() - began
