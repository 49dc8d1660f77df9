"""`/metrics` as Prometheus reads it, judged by Prometheus' own promtool."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

# The library says no types for its parser.
from prometheus_client.openmetrics.parser import text_string_to_metric_families  # pyright: ignore[reportUnknownVariableType]
from starlette.applications import Starlette
from starlette.testclient import TestClient

from adapters.http.metrics import metrics_route
from adapters.metrics.api import ApiMetrics, Operation, Status
from adapters.metrics.catalogue import API, CATALOGUE, ENGINE, HISTORY, series_of
from adapters.metrics.engine import EngineMetrics
from adapters.metrics.history import HistoryCollector
from adapters.metrics.registry import new_registry
from domain.events import FULL_NAMES
from domain.order import OrderPlaced
from domain.signal import DecisionMade
from tests.adapters.metrics.histories import BTC, DAY
from tests.promtool import promtool
from tests.schemas.samples import META, SAMPLES


@pytest.fixture
def registry() -> CollectorRegistry:
    """Of a process that trades, answers, and has a day behind it."""
    registry = new_registry()
    HistoryCollector(lambda: DAY, registry)
    engine, api = EngineMetrics(registry), ApiMetrics(registry)
    engine.saw(BTC, DAY.money[0].balance, META.occurred_at)
    engine.recorded([SAMPLES[FULL_NAMES[event]] for event in (DecisionMade, OrderPlaced)], 0.01, 0.02)
    api.answered(Operation.QUERY, Status.OK, 0.01)
    return registry


def client(registry: CollectorRegistry) -> TestClient:
    return TestClient(Starlette(routes=[metrics_route(registry)]))


def names(text: str) -> set[str]:
    return {line.split(" ")[0].split("{")[0] for line in text.splitlines() if not line.startswith("#")}


def test_promtool_finds_nothing_to_say_about_it(registry: CollectorRegistry) -> None:
    text = client(registry).get("/metrics").text
    judged = promtool("check", "metrics", given=text)
    assert (judged.returncode, judged.stdout, judged.stderr) == (0, "", "")


def test_promtool_would_have_said_something() -> None:
    assert promtool("check", "metrics", given="whence_wait_milliseconds 3\n").returncode != 0


def test_every_metric_of_the_catalogue_is_told_and_no_other(registry: CollectorRegistry) -> None:
    expected = {series for metric in CATALOGUE for series in series_of(metric)}
    assert names(client(registry).get("/metrics").text) == expected


def test_what_nobody_in_this_process_produces_is_absent() -> None:
    registry = new_registry()
    ApiMetrics(registry)
    told = names(client(registry).get("/metrics").text)
    absent = {series for metric in (*HISTORY, *ENGINE) for series in series_of(metric)}
    assert told & absent == set()
    assert told <= {series for metric in API for series in series_of(metric)}


def test_who_asks_for_openmetrics_gets_it(registry: CollectorRegistry) -> None:
    answer = client(registry).get(
        "/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"}
    )
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    told = text_string_to_metric_families(answer.text)  # type: ignore[no-untyped-call]  # see its import
    families = {family.name for family in told}
    assert families == {metric.name.removesuffix("_total") for metric in CATALOGUE}


def test_the_answer_is_plain_text_that_nobody_keeps(registry: CollectorRegistry) -> None:
    answer = client(registry).get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert answer.headers["cache-control"] == "no-store"
    assert client(registry).post("/metrics").status_code == 405
