"""The Grafana dashboard's queries and the rules, evaluated by a real Prometheus that scrapes real runs."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.adversary.trading import trading
from tests.infra.monitoring.files import queries, series_in
from tests.journeys.program import running
from tests.journeys.serving import drained, ready
from tests.prometheus import Prometheus, scraping
from tests.torture.venue import KEY, SECRET, exchange

ELSEWHERE: Mapping[str, str] = {
    "whence_scanner_": "`whence scan` serves it",
    "whence_book": "`whence books publish` serves it, and an engine that reads books",
    "whence_telegram_": "`whence telegram` serves it",
    "whence_model_": "no model is in force",
    "whence_score": "no model is in force",
    "whence_management_": "no position is managed by the default settings",
    "whence_manipulations_suspected_total": "no book is read",
    "whence_source_requests_total": "no program has sent a signal",
    "whence_route": "no signal is routed to another engine",
    "whence_account_leased_": "`whence accounts run` announces it",
    "whence_held_settings_since_": "no change of settings is held",
    "whence_entries_paused": "entries were never paused",
    "whence_dead_letters": "there is none",
    "whence_leverage": "the leverage is not adapted",
}
"""Metrics that the runs lack, by the begin of their names, with the reason."""
AFTER_A_FAULT = "whence_circuit_breaker_open"
"""A live run has this metric after the first request to the exchange that has failed, as under load."""


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Generator[Prometheus]:
    """Prometheus, after it has seen a trade from the signal to the close, and a live engine that is ready."""
    folder = tmp_path_factory.mktemp("watched")
    paper, live = folder / "paper", folder / "live"
    paper.mkdir()
    live.mkdir()
    with (
        trading(paper) as run,
        live_engine(live) as url,
        scraping(folder, run.url, url) as prometheus,
    ):
        assert run.ready()
        for expression in (
            "increase(whence_positions_closed_total[5m])",
            "whence_recent_win_ratio",
            "whence_profit_factor",
            "rate(whence_api_response_seconds_count[5m])",
            'slo:errors:ratio5m{slo="decision_latency"} >= 0',
            'slo:errors:ratio5m{slo="engine_ready"} == 0',
        ):
            prometheus.until(expression)
        yield prometheus


@contextmanager
def live_engine(folder: Path) -> Generator[str]:
    """The address of the API of a live engine that trades on the venue."""
    words = ("--instruments", "BTCUSDT", "--port", "0")
    keys = {"BYBIT_API_KEY": KEY, "BYBIT_API_SECRET": SECRET}
    with (
        exchange(1) as venue,
        running(folder, "live", "--address", venue.url, *words, **keys) as program,
    ):
        api = ready(program, folder)
        with drained(program, folder / "stderr"):
            yield api.url


def test_every_query_of_the_dashboard_has_a_sample_where_a_run_has_its_metric(watched: Prometheus) -> None:
    empty = [one for one in queries() if not watched.vector(one)]
    metrics = {name for one in empty for name in series_in(one)} - {AFTER_A_FAULT}
    assert {name for name in metrics if not name.startswith(tuple(ELSEWHERE))} == set(), empty
    assert [begin for begin in ELSEWHERE if not any(name.startswith(begin) for name in metrics)] == []


def test_every_rule_is_evaluated_without_a_fault(watched: Prometheus) -> None:
    assert {one["name"]: one.get("lastError") for one in watched.rules() if one["health"] != "ok"} == {}


def test_service_levels_have_no_errors_while_all_is_well(watched: Prometheus) -> None:
    samples = watched.vector("max by (slo) (slo:errors:ratio5m)")
    found = {one["metric"]["slo"]: float(one["value"][1]) for one in samples}
    assert set(found) == {"uptime", "engine_ready", "decision_latency", "lag"}
    assert found["engine_ready"] == 0
