"""The alerts, judged by Prometheus' own promtool: they hold, they fire when they must, and they say what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapters.metrics.catalogue import CATALOGUE, series_of
from tests.infra.monitoring.files import CONFIG, RULES, RULES_TEST, rule_tests, rules, series_in
from tests.promtool import promtool

KNOWN = frozenset(series for metric in CATALOGUE for series in series_of(metric))


@pytest.mark.parametrize(
    "words",
    [("check", "rules", RULES), ("test", "rules", RULES_TEST), ("check", "config", CONFIG)],
    ids=["rules", "tests of rules", "configuration"],
)
def test_promtool_is_content(words: tuple[str | Path, ...]) -> None:
    judged = promtool(*words)
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert "SUCCESS" in judged.stdout


def test_a_limit_that_was_moved_fails_its_test(tmp_path: Path) -> None:
    moved = RULES.read_text().replace("whence_recent_win_ratio < 0.45", "whence_recent_win_ratio < 0.40")
    (tmp_path / RULES.name).write_text(moved)
    (tmp_path / RULES_TEST.name).write_text(RULES_TEST.read_text())
    judged = promtool("test", "rules", tmp_path / RULES_TEST.name)
    assert judged.returncode != 0
    assert "WinRateLow" in judged.stdout + judged.stderr


def test_every_alert_is_seen_to_fire_and_to_keep_quiet() -> None:
    fires = {moment["alertname"] for moment in rule_tests() if moment["exp_alerts"]}
    quiet = {moment["alertname"] for moment in rule_tests() if not moment["exp_alerts"]}
    assert fires == quiet == {rule["alert"] for rule in rules()}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_names_metrics_that_exist_and_says_what_to_do(rule: dict[str, Any]) -> None:
    assert series_in(rule["expr"]) <= KNOWN
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert set(rule["annotations"]) == {"summary", "action"}
    assert rule["annotations"]["action"].endswith(".")


@pytest.mark.parametrize(
    "limit",
    [
        "whence_recent_win_ratio < 0.45",
        "whence_profit_factor < 1.2",
        "whence_parked_events > 100",
        "whence_parked_sequences > 0",
    ],
)
def test_the_limits_are_those_that_were_asked_for(limit: str) -> None:
    assert any(rule["expr"].startswith(limit) for rule in rules())


@pytest.mark.parametrize("what", ["signal_to_decision", "decision_to_order"])
def test_half_a_second_is_too_slow(what: str) -> None:
    (expression,) = (rule["expr"] for rule in rules() if what in rule["expr"])
    assert expression.endswith("> 0.5")
