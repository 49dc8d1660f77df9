"""A backtest: 45,031 candles through the whole engine into a log in memory and on SQLite, by CPU time of this process.

The machines that measure are shared, so the figures are CPU seconds and not those of a clock. Beside them stands, from
the same run, what fastavro alone takes to encode the same events.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from decimal import Decimal
from io import BytesIO
from time import process_time

from adapters.avro import AvroCodec
from adapters.avro.schema import schema_of
from adapters.avro.wire import Json, Record, read_record, write_record
from adapters.log.grouped import GroupedLog
from adapters.log.recorder_log import RecordedLog
from adapters.tapes import Tape
from domain.log import Envelope
from domain.order import OrderPlaced
from infra.run.paper import PaperRun
from infra.run.plan import plan_of
from tests.benchmarks.crosses import RECORDED, SETTINGS, plugged, recorded_tape
from tests.benchmarks.figure import Figure
from tests.benchmarks.logs import fresh, owned, reader

ORDERS, _EVENTS = 4_132, 26_644
"""An entry, its stop, its target and an exit for each of 1,033 longs; the events are all that is recorded."""

_TIMES = 3
_MEMORY = "memory:"
_PREFIX, _FINGERPRINT = 10, slice(2, 10)


def run() -> Sequence[Figure]:
    """The rates of the fastest of three runs on each log, without the time to read the file.

    Where the recording is missing, one row reports that.
    """
    if not RECORDED.is_file():
        return [Figure("backtest", 0.0, "", None, f"skipped: {RECORDED.name} is missing")]
    tape = recorded_tape()
    with plugged():
        in_memory = min(played(tape, _MEMORY) for _ in range(_TIMES))
        on_sqlite, raw = float("inf"), float("inf")
        for _ in range(_TIMES):
            with fresh("SQLite") as address:
                on_sqlite = min(on_sqlite, played(tape, address))
                with closing(reader(address)) as log:
                    raw = min(raw, _encoded_by_fastavro(log))
    return [
        *_figures("in memory", in_memory, len(tape.candles)),
        *_figures("on SQLite", on_sqlite, len(tape.candles)),
        Figure("fastavro alone", raw / _EVENTS * 1e6, "µs an event", None, "encodes the same events, no ids"),
    ]


def _figures(where: str, seconds: float, candles: int) -> Sequence[Figure]:
    note = "CPU time, all included"
    return [
        Figure(where, candles / seconds, "candles/s", None, f"{candles:,} candles, {ORDERS:,} orders"),
        Figure(where, _EVENTS / seconds, "events/s", None, f"{_EVENTS:,} events"),
        Figure(where, seconds / _EVENTS * 1e6, "µs an event", None, note),
    ]


def played(tape: Tape, address: str, *, skips: bool = True) -> float:
    """The CPU seconds of one run, which writes its log as `whence paper` does.

    Raises AssertionError where the run is not the one that the figures are of.
    """
    plan = plan_of([tape], "paper", Decimal(10_000), Decimal(1), SETTINGS)
    seen = _Seen()
    with closing(owned(address)) as stored, closing(GroupedLog(stored, AvroCodec())) as log:
        started = process_time()
        for _ in PaperRun(plan, log, seen.take, skips=skips).instants():
            pass
        log.check()
        took = process_time() - started
        assert (seen.orders, log.head()) == (ORDERS, _EVENTS)
    return took


class _Seen:
    """Counts the orders of a run."""

    def __init__(self) -> None:
        self.orders = 0

    def take(self, envelope: Envelope) -> None:
        """Takes one event."""
        self.orders += type(envelope.event) is OrderPlaced


def _encoded_by_fastavro(log: RecordedLog) -> float:
    """The CPU seconds in which fastavro encodes the records of this log, each with its parsed schema."""
    records: list[tuple[Json, Record]] = []
    for _ordinal, data in log.frames(0, log.head()):
        schema = schema_of(data[_FINGERPRINT]).wire
        records.append((schema, read_record(BytesIO(data[_PREFIX:]), schema)))
    out = BytesIO()
    started = process_time()
    for schema, record in records:
        write_record(out, schema, record)
    return process_time() - started
