"""From stimulus to durable order intent: a candle's signal, both committees, size, orders, one append."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from decimal import Decimal

from adapters.tapes import synthetic_tape
from domain.log import Envelope
from domain.order import OrderPlaced
from infra.run.paper import PaperRun
from tests.benchmarks.figure import Figure
from tests.benchmarks.logs import fresh, owned
from tests.benchmarks.runs import EAGER, plan

_LIMITS = {"SQLite": 2.0, "Kafka": 10.0}


def run() -> Sequence[Figure]:
    """p50 and p99 in milliseconds over every entry of an eager run on a synthetic market."""
    return [figure for log in _LIMITS for figure in _measured(log)]


def _measured(log: str) -> Sequence[Figure]:
    chosen = plan(EAGER, of=synthetic_tape(7, candles=20_000))
    with fresh(log) as address, closing(owned(address)) as opened:
        watch = _Watch()
        run = PaperRun(chosen, opened, lambda _: None, observer=watch)
        for _ in run.instants():
            pass
    took = sorted(watch.took)
    note = f"{len(took):,} entries"
    return [
        Figure(f"stimulus to order intent on {log}, p50", took[len(took) // 2] * 1e3, "ms", None, note),
        Figure(
            f"stimulus to order intent on {log}, p99",
            took[len(took) * 99 // 100] * 1e3,
            "ms",
            _LIMITS[log],
            note,
        ),
    ]


class _Watch:
    """Records the duration of each unit with an order, from its stimulus until it was durable."""

    def __init__(self) -> None:
        self.took: list[float] = []

    def saw(self, instrument: str, close: Decimal, at: datetime) -> None:
        """See `commands.observer.Observer`."""

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None:
        """See `commands.observer.Observer`."""
        if any(isinstance(envelope.event, OrderPlaced) for envelope in envelopes):
            self.took.append(worked + appended)
