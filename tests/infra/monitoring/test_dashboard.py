"""The Grafana dashboard: it asks for metrics that exist, for all of them, in words that Prometheus understands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.metrics.catalogue import CATALOGUE, series_of
from tests.infra.monitoring.files import dashboard, panels, provisioned, questions, series_in
from tests.promtool import promtool

DATA_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
ASKED = frozenset(series for question in questions() for series in series_in(question))


def test_every_metric_it_names_exists() -> None:
    assert ASKED - {series for metric in CATALOGUE for series in series_of(metric)} == set()


def test_every_metric_there_is_can_be_seen() -> None:
    assert [metric.name for metric in CATALOGUE if not series_of(metric) & ASKED] == []


def test_prometheus_understands_every_question(tmp_path: Path) -> None:
    recorded = [{"record": f"question:{number}", "expr": words} for number, words in enumerate(questions())]
    file = tmp_path / "questions.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": recorded}]}))
    judged = promtool("check", "rules", file)
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert f"{len(recorded)} rules found" in judged.stdout


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel["title"])
def test_a_panel_says_what_it_shows_and_asks_the_source_that_was_chosen(panel: dict[str, Any]) -> None:
    assert panel["description"].endswith(".")
    assert [target["datasource"] for target in panel["targets"]] == [DATA_SOURCE] * len(panel["targets"])
    assert all(target["legendFormat"] for target in panel["targets"])


def test_panels_have_numbers_and_places_of_their_own() -> None:
    shown = dashboard()["panels"]
    assert len({panel["id"] for panel in shown}) == len(shown)
    cells = [cell for panel in shown for cell in _cells(panel["gridPos"])]
    assert len(cells) == len(set(cells))
    assert all(0 <= column < 24 for column, _ in cells)


def test_the_source_and_the_account_can_be_chosen() -> None:
    variables = {one["name"]: one for one in dashboard()["templating"]["list"]}
    assert variables["datasource"]["query"] == "prometheus"
    assert series_in(variables["account"]["definition"]) <= ASKED


def test_grafana_can_be_given_both_as_files() -> None:
    (source,) = provisioned("datasources/prometheus.yml")["datasources"]
    (provider,) = provisioned("dashboards/whence.yml")["providers"]
    assert source["type"] == DATA_SOURCE["type"]
    assert provider["type"] == "file"
    assert provider["options"]["path"].startswith("/var/lib/grafana/")


def _cells(place: dict[str, int]) -> list[tuple[int, int]]:
    columns, rows = range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])
    return [(column, row) for column in columns for row in rows]
