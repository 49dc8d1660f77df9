"""The files in `infra/monitoring`, and the metrics in an expression of PromQL."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

import infra

MONITORING = Path(infra.__file__).parent / "monitoring"
RULES, RULES_TEST, CONFIG = (MONITORING / name for name in ("rules.yml", "rules_test.yml", "prometheus.yml"))
GRAFANA = MONITORING / "grafana"

_GRAFANAS_OWN = {"$__rate_interval": "5m", "$account": "paper"}


def rules() -> Sequence[dict[str, Any]]:
    """Every alert."""
    return [rule for rule in _all_rules() if "alert" in rule]


def recorded() -> Sequence[dict[str, Any]]:
    """Every recorded expression."""
    return [rule for rule in _all_rules() if "record" in rule]


def _all_rules() -> Sequence[dict[str, Any]]:
    return [rule for group in _yaml(RULES)["groups"] for rule in group["rules"]]


def rule_tests() -> Sequence[dict[str, Any]]:
    """Every evaluation of an alert in the rule tests."""
    return [moment for test in _yaml(RULES_TEST)["tests"] for moment in test["alert_rule_test"]]


def provisioned(name: str) -> dict[str, Any]:
    return _yaml(GRAFANA / "provisioning" / name)


def dashboard() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((GRAFANA / "dashboards" / "whence.json").read_text())
    return loaded


def panels() -> Sequence[dict[str, Any]]:
    """Every panel of the dashboard that has queries."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def queries() -> Iterator[str]:
    """The dashboard's PromQL expressions, with Grafana's variables replaced."""
    for panel in panels():
        for target in panel["targets"]:
            expression: str = target["expr"]
            for variable, value in _GRAFANAS_OWN.items():
                expression = expression.replace(variable, value)
            yield expression


def series_in(expression: str) -> set[str]:
    """The series of Whence that the expression names."""
    return set(re.findall(r"\bwhence_\w+", expression))


def _yaml(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text())
    return loaded
