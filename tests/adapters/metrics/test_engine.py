"""The engine's metrics: every candle is counted, and every unit of work is timed by the events in it."""

from __future__ import annotations

from contextlib import closing

import pytest
from prometheus_client import CollectorRegistry

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from adapters.metrics.engine import EngineMetrics
from adapters.metrics.registry import new_registry
from commands.observer import Observer
from domain.events import FULL_NAMES, Event
from domain.order import OrderFilled, OrderPlaced
from domain.signal import DecisionMade, SignalDetected
from infra.run.paper import PaperRun
from infra.run.watchers import Watchers
from tests.domain.history import BTC
from tests.journeys.runs import short_plan
from tests.schemas.samples import SAMPLES

APPENDS, DECISIONS, ORDERS = (
    f"whence_{what}_seconds" for what in ("log_append", "signal_to_decision", "decision_to_order")
)


def value(registry: CollectorRegistry, series: str, **labels: str) -> float | None:
    return registry.get_sample_value(series, labels)


def counts(registry: CollectorRegistry) -> list[float | None]:
    return [value(registry, f"{name}_count") for name in (APPENDS, DECISIONS, ORDERS)]


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        ([SignalDetected, DecisionMade, OrderPlaced], [1, 1, 1]),
        ([SignalDetected, DecisionMade], [1, 1, 0]),
        ([OrderPlaced], [1, 0, 1]),
        ([OrderFilled], [1, 0, 0]),
    ],
    ids=["a traded signal", "a skipped signal", "a manual order", "a fill"],
)
def test_a_unit_of_work_is_timed_by_its_events(happened: list[type[Event]], expected: list[float]) -> None:
    registry = new_registry()
    EngineMetrics(registry).recorded([SAMPLES[FULL_NAMES[event]] for event in happened], 0.02, 0.3)
    assert counts(registry) == expected


def test_decisions_are_timed_by_the_work_and_orders_by_the_append() -> None:
    registry = new_registry()
    whole = [SAMPLES[FULL_NAMES[event]] for event in (SignalDetected, DecisionMade, OrderPlaced)]
    EngineMetrics(registry).recorded(whole, 0.02, 0.3)
    sums = [value(registry, f"{name}_sum") for name in (APPENDS, DECISIONS, ORDERS)]
    assert sums == [0.3, 0.02, 0.3]


def test_the_alert_threshold_of_half_a_second_is_a_bucket_bound() -> None:
    registry = new_registry()
    EngineMetrics(registry).recorded([SAMPLES[FULL_NAMES[DecisionMade]]], 0.5, 0.5)
    assert value(registry, f"{DECISIONS}_bucket", le="0.5") == 1
    assert value(registry, f"{DECISIONS}_bucket", le="0.25") == 0


def test_a_run_of_a_tape_counts_the_decisions_and_candles_of_its_log() -> None:
    registry, plan = new_registry(), short_plan()
    metrics: Observer = EngineMetrics(registry)
    with closing(open_memory(AvroCodec())) as log:
        for _instant in PaperRun(plan, log, lambda _: None, observer=metrics).instants():
            pass
        events = [recorded.envelope.event for recorded in log.read()]
    assert value(registry, f"{DECISIONS}_count") == sum(isinstance(event, DecisionMade) for event in events)
    for tape in plan.tapes:
        seen = value(registry, "whence_candles_processed_total", instrument=tape.instrument)
        assert seen == len(tape.candles)


def test_requests_that_other_engines_refuse_and_books_that_nobody_publishes_are_counted() -> None:
    registry = new_registry()
    watchers = Watchers(EngineMetrics(registry))
    for wrong in ("CREDENTIAL", "FOREIGN", "FOREIGN"):
        watchers.refused_route(BTC, wrong)
    for count in (2, 1):
        watchers.unpublished(count)
    name = "whence_route_requests_refused_total"
    assert value(registry, name, instrument=BTC, wrong="FOREIGN") == 2
    assert value(registry, name, instrument=BTC, wrong="CREDENTIAL") == 1
    assert value(registry, "whence_engine_books_unpublished") == 1
