"""Metrics of scores: outcomes, closed trades, and drifts of what was recorded."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from adapters.metrics.engine import EngineMetrics
from domain.log import Envelope
from domain.model import ModelRole
from domain.position import PositionOpened
from domain.scored import SignalScored
from tests.projections.test_models import a_traded_day
from tests.replacing import replace
from tests.schemas.samples import SAMPLES


def test_scores_and_their_trades_are_counted_by_role() -> None:
    registry = CollectorRegistry()
    metrics = EngineMetrics(registry)
    metrics.recorded([*a_traded_day().desk.recorded, SAMPLES["whence.model.DriftFound"]], 0.001, 0.001)

    def of(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, labels)

    for role, right in ((ModelRole.CHAMPION, "yes"), (ModelRole.CHALLENGER, "no")):
        assert of("whence_scores_total", role=role, outcome="OK") == 1
        assert of("whence_scored_trades_total", role=role, gained="yes", right=right) == 1
    assert of("whence_scored_confidence_total", role="CHAMPION") == 0.8
    squares = of("whence_scored_squares_total", role="CHALLENGER")
    assert squares is not None
    assert abs(squares - 0.36) < 1e-12
    assert of("whence_model_drift", model="main", subject="adx", test="PSI") == 0.3125


def test_a_trade_whose_opening_was_not_recorded_here_is_not_counted() -> None:
    registry = CollectorRegistry()
    metrics = EngineMetrics(registry)
    day = a_traded_day()
    recorded = day.desk.recorded
    metrics.recorded([one for one in recorded if type(one.event).__name__ != "PositionOpened"], 0.1, 0.1)
    assert registry.get_sample_value("whence_scores_total", {"role": "CHAMPION", "outcome": "OK"}) == 1
    traded = {"role": "CHAMPION", "gained": "yes", "right": "yes"}
    assert registry.get_sample_value("whence_scored_trades_total", traded) is None


def test_an_entry_that_never_opened_is_forgotten_after_a_thousand_later_ones() -> None:
    registry = CollectorRegistry()
    metrics = EngineMetrics(registry)
    recorded = a_traded_day().desk.recorded
    opening = next(n for n, one in enumerate(recorded) if isinstance(one.event, PositionOpened))
    scored = next(one for one in recorded if isinstance(one.event, SignalScored))
    metrics.recorded(recorded[:opening], 0.1, 0.1)
    later = [Envelope(replace(scored.meta, correlation_id=f"later-{n}"), scored.event) for n in range(1_000)]
    metrics.recorded([*later, *recorded[opening:]], 0.1, 0.1)
    traded = {"role": "CHAMPION", "gained": "yes", "right": "yes"}
    assert registry.get_sample_value("whence_scored_trades_total", traded) is None
