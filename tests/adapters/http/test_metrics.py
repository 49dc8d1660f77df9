"""The response of `/metrics` is checked by promtool, a program of Prometheus, and equals the catalogue of metrics."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

# The library has no types for its parser.
from prometheus_client.openmetrics.parser import text_string_to_metric_families  # pyright: ignore[reportUnknownVariableType]
from starlette.applications import Starlette
from starlette.testclient import TestClient

from adapters.dead_letters.state import LetterSource, LetterState
from adapters.http.metrics import metrics_route
from adapters.metrics.api import ApiMetrics, Operation, Outcome, Status
from adapters.metrics.books import BooksMetrics
from adapters.metrics.catalogue import API, CATALOGUE, ENGINE, HISTORY, series_of
from adapters.metrics.engine import EngineMetrics
from adapters.metrics.history import HistoryCollector
from adapters.metrics.letters import LetterCollector
from adapters.metrics.processes import ProcessCollector
from adapters.metrics.registry import new_registry
from adapters.metrics.scanner import Outcome as ScannerOutcome
from adapters.metrics.scanner import ScannerMetrics
from adapters.metrics.standing import show_standing
from adapters.metrics.strangers import StrangerCollector
from adapters.metrics.telegram import Outcome as AlertOutcome
from adapters.metrics.telegram import TelegramMetrics
from adapters.processes.announcement import HeldLease, ProcessRole
from adapters.processes.place import Announced
from commands.observer import ReadingOutcome
from commands.scanner import Place
from commands.watchdog import Watchdog
from commands.world import World
from domain.events import FULL_NAMES
from domain.market import BookReading, MarketView
from domain.model import DriftFound, ModelRole
from domain.order import OrderPlaced
from domain.signal import DecisionMade
from tests.adapters.metrics.histories import BTC, DAY
from tests.adapters.processes.announcements import ANNOUNCEMENT, NOW
from tests.commands.list_log import ListLog
from tests.projections.test_models import a_traded_day
from tests.promtool import promtool
from tests.replacing import replace
from tests.schemas.samples import META, SAMPLES


@pytest.fixture
def registry() -> CollectorRegistry:
    """The metrics of a process that trades, serves the API and has a day of events in its log, and of a scanner,
    a publisher of books and a bot of Telegram."""
    registry = new_registry()
    HistoryCollector(lambda: DAY, registry)
    StrangerCollector(lambda: 1, lambda: 1, registry)
    show_standing("paper", Watchdog(World(), MarketView(), ListLog()), lambda: META.recorded_at, registry)
    LetterCollector(lambda: {(LetterSource.EXCHANGE, LetterState.NEW): 3}, registry)
    node = replace(ANNOUNCEMENT, role=ProcessRole.NODE, leases=(HeldLease("main", 0, NOW),))
    ProcessCollector(lambda: [Announced(node.id, node)], lambda: NOW, registry)
    engine, api = EngineMetrics(registry), ApiMetrics(registry)
    engine.saw(BTC, DAY.money[0].balance, META.occurred_at)
    engine.recorded(
        [SAMPLES[FULL_NAMES[event]] for event in (DecisionMade, OrderPlaced, DriftFound)], 0.01, 0.02
    )
    engine.recorded(a_traded_day().desk.recorded, 0.01, 0.02)
    engine.scored(ModelRole.CHAMPION, 0.0001)
    engine.read_books(ReadingOutcome.KNOWN, 2)
    engine.passed_over(3)
    engine.read_record("taken")
    engine.unpublished(2)
    engine.refused_route(BTC, "CREDENTIAL")
    api.answered(Operation.QUERY, Status.OK, 0.01)
    api.signalled("tradingview", Outcome.RECORDED)
    scanner = ScannerMetrics("pump", registry)
    scanner.read(Place.NEXT)
    scanner.signalled(ScannerOutcome.RECORDED)
    books = BooksMetrics("bybit", registry)
    books.leased("taken")
    books.published(BookReading(instrument=BTC, at=META.occurred_at, update_id=1, is_known=True))
    telegram = TelegramMetrics(registry)
    telegram.stranger()
    telegram.alert("WARNING", AlertOutcome.ARRIVED)
    return registry


def client(registry: CollectorRegistry) -> TestClient:
    return TestClient(Starlette(routes=[metrics_route(registry)]))


def names(text: str) -> set[str]:
    return {line.split(" ")[0].split("{")[0] for line in text.splitlines() if not line.startswith("#")}


def test_promtool_accepts_the_metrics_without_a_warning(registry: CollectorRegistry) -> None:
    text = client(registry).get("/metrics").text
    checked = promtool("check", "metrics", given=text)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_promtool_refuses_a_metric_in_milliseconds() -> None:
    assert promtool("check", "metrics", given="whence_wait_milliseconds 3\n").returncode != 0


def test_the_response_holds_exactly_the_metrics_of_the_catalogue(registry: CollectorRegistry) -> None:
    expected = {series for metric in CATALOGUE for series in series_of(metric)}
    assert names(client(registry).get("/metrics").text) == expected


def test_metrics_that_this_process_does_not_produce_are_absent() -> None:
    registry = new_registry()
    ApiMetrics(registry)
    found = names(client(registry).get("/metrics").text)
    absent = {series for metric in (*HISTORY, *ENGINE) for series in series_of(metric)}
    assert found & absent == set()
    assert found <= {series for metric in API for series in series_of(metric)}


def test_a_client_that_accepts_openmetrics_gets_openmetrics(registry: CollectorRegistry) -> None:
    answer = client(registry).get(
        "/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"}
    )
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    parsed = text_string_to_metric_families(answer.text)  # type: ignore[no-untyped-call]  # see its import
    families = {family.name for family in parsed}
    assert families == {metric.name.removesuffix("_total") for metric in CATALOGUE}


def test_the_response_of_metrics_is_plain_text_that_must_not_be_cached(registry: CollectorRegistry) -> None:
    answer = client(registry).get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert answer.headers["cache-control"] == "no-store"
    assert client(registry).post("/metrics").status_code == 405
