"""The alerts, checked by Prometheus' promtool: they are valid, fire when they must, and name an action."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from adapters.metrics.catalogue import CATALOGUE, series_of
from tests.infra.monitoring.files import CONFIG, RULES, RULES_TEST, recorded, rule_tests, rules, series_in
from tests.promtool import promtool

KNOWN = frozenset(series for metric in CATALOGUE for series in series_of(metric))


@pytest.mark.parametrize(
    "words",
    [("check", "rules", RULES), ("test", "rules", RULES_TEST), ("check", "config", CONFIG)],
    ids=["rules", "tests of rules", "configuration"],
)
def test_promtool_accepts_the_files(words: tuple[str | Path, ...]) -> None:
    checked = promtool(*words)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "SUCCESS" in checked.stdout


def test_a_changed_limit_fails_its_test(tmp_path: Path) -> None:
    moved = RULES.read_text().replace("whence_recent_win_ratio < 0.45", "whence_recent_win_ratio < 0.40")
    (tmp_path / RULES.name).write_text(moved)
    (tmp_path / RULES_TEST.name).write_text(RULES_TEST.read_text())
    checked = promtool("test", "rules", tmp_path / RULES_TEST.name)
    assert checked.returncode != 0
    assert "WinRateLow" in checked.stdout + checked.stderr


def test_every_alert_is_tested_both_firing_and_not_firing() -> None:
    fires = {moment["alertname"] for moment in rule_tests() if moment["exp_alerts"]}
    quiet = {moment["alertname"] for moment in rule_tests() if not moment["exp_alerts"]}
    assert fires == quiet == {rule["alert"] for rule in rules()}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_uses_existing_metrics_and_has_a_severity_and_an_action(rule: dict[str, Any]) -> None:
    assert series_in(rule["expr"]) <= KNOWN
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert set(rule["annotations"]) == {"summary", "action", "runbook"}
    assert rule["annotations"]["action"].endswith(".")


def test_recorded_expressions_use_existing_metrics_and_alerts_use_recorded_expressions() -> None:
    names = {rule["record"] for rule in recorded()}
    for rule in (*recorded(), *rules()):
        assert series_in(rule["expr"]) <= KNOWN
        assert set(re.findall(r"slo:\w+:\w+", rule["expr"])) <= names


@pytest.mark.parametrize(
    "limit",
    [
        "whence_recent_win_ratio < 0.45",
        "whence_profit_factor < 1.2",
        "whence_parked_events > 100",
        "whence_parked_sequences > 0",
    ],
)
def test_a_required_limit_is_in_the_rules(limit: str) -> None:
    assert any(rule["expr"].startswith(limit) for rule in rules())


@pytest.mark.parametrize("what", ["signal_to_decision", "decision_to_order"])
def test_a_latency_above_half_a_second_is_an_alert(what: str) -> None:
    (expression,) = (rule["expr"] for rule in rules() if what in rule["expr"])
    assert expression.endswith("> 0.5")
