"""The recorded history as metrics: exactly the figures of the read models, the same at every scrape."""

from __future__ import annotations

import logging
from decimal import Decimal

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from adapters.metrics.catalogue import DECISIONS, HISTORY, SIGNALS, Kind, Metric
from adapters.metrics.figures import History, Trades
from adapters.metrics.history import HistoryCollector
from adapters.metrics.registry import gauge, new_registry
from domain.errors import LogUnavailable, StoreUnavailable, WhenceError
from tests.adapters.metrics.histories import BTC, DAY, ETH

_OTHER = Metric("whence_other_things", Kind.GAUGE, "Something of this process.")


def registry_of(history: History) -> CollectorRegistry:
    registry = new_registry()
    HistoryCollector(lambda: history, registry)
    return registry


def sampled(registry: CollectorRegistry) -> set[str]:
    return {sample.name for family in registry.collect() for sample in family.samples}


def test_every_metric_of_the_history_has_a_sample_for_a_full_day() -> None:
    assert sampled(registry_of(DAY)) == {metric.name for metric in HISTORY}


def test_counts_that_differ_in_other_fields_are_summed_by_the_metrics_labels() -> None:
    registry = registry_of(DAY)
    of = {"account": "paper", "strategy": "trend"}
    assert registry.get_sample_value(SIGNALS.name, {**of, "instrument": BTC}) == 11
    assert registry.get_sample_value(SIGNALS.name, {**of, "instrument": ETH}) == 2
    assert registry.get_sample_value(DECISIONS.name, {**of, "verdict": "SKIP"}) == 8


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("whence_signals_skipped_total", {"strategy": "trend", "reason": "COOLDOWN"}, 8),
        ("whence_order_fills_total", {"strategy": "trend", "instrument": BTC, "side": "BUY"}, 6),
        (
            "whence_positions_closed_total",
            {"strategy": "trend", "instrument": BTC, "reason": "STOP"},
            4,
        ),
        ("whence_realised_pnl", {"strategy": "trend", "currency": "USDT"}, -12.5),
        ("whence_win_ratio", {}, 0.4),
        ("whence_recent_win_ratio", {}, 0.42),
        ("whence_recent_trades", {}, 50),
        ("whence_profit_factor", {}, 1.25),
        ("whence_exposure", {"currency": "USDT"}, 1200),
        ("whence_drawdown_ratio", {}, 0.02),
        ("whence_kill_switch_tripped", {}, 0),
        ("whence_leverage", {"instrument": BTC}, 20),
        ("whence_manipulations_suspected_total", {"instrument": BTC, "kind": "SPOOFING"}, 3),
    ],
)
def test_a_metric_has_the_value_of_its_figure(name: str, labels: dict[str, str], value: float) -> None:
    assert registry_of(DAY).get_sample_value(name, {"account": "paper", **labels}) == pytest.approx(value)


def test_a_second_scrape_gives_the_same_values() -> None:
    registry = registry_of(DAY)
    assert generate_latest(registry) == generate_latest(registry)


def test_a_ratio_without_trades_is_absent_instead_of_zero() -> None:
    registry = registry_of(History(trades=[Trades("paper", 0, 0, 0, 0, Decimal(0), Decimal(0))]))
    assert sampled(registry) == {"whence_read_models_up", "whence_recent_trades"}


def test_the_lag_and_the_parked_events_of_a_projection_are_metrics() -> None:
    registry, equity = registry_of(DAY), {"projection": "equity"}
    values = {
        name: registry.get_sample_value(f"whence_{name}", equity)
        for name in ("projection_lag_events", "projection_lag_seconds", "parked_events", "parked_sequences")
    }
    assert list(values.values()) == [130, 31.5, 120, 2]


@pytest.mark.parametrize("fault", [StoreUnavailable, LogUnavailable])
def test_only_the_metrics_of_the_history_are_missing_while_their_source_does_not_answer(
    caplog: pytest.LogCaptureFixture, fault: type[WhenceError]
) -> None:
    def broken() -> History:
        raise fault("the store at db:5432 does not answer")

    registry = new_registry()
    HistoryCollector(broken, registry)
    gauge(_OTHER, registry).set(4)
    with caplog.at_level(logging.WARNING):
        assert sampled(registry) == {"whence_read_models_up", _OTHER.name}
    assert registry.get_sample_value("whence_read_models_up") == 0
    assert "db:5432 does not answer" in caplog.text


def test_an_internal_fault_is_raised_instead_of_reported_as_a_missing_store() -> None:
    def wrong() -> History:
        raise KeyError("counts")

    registry = new_registry()
    HistoryCollector(wrong, registry)
    with pytest.raises(KeyError):
        generate_latest(registry)


def test_a_second_collector_of_the_history_is_refused() -> None:
    registry = registry_of(DAY)
    with pytest.raises(ValueError, match="Duplicated"):
        HistoryCollector(lambda: DAY, registry)
