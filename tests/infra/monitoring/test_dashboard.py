"""The Grafana dashboard: its queries are valid PromQL and name exactly the metrics of the catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.metrics.catalogue import CATALOGUE, series_of
from tests.infra.monitoring.files import dashboard, panels, provisioned, queries, series_in
from tests.promtool import promtool

DATA_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
QUERIED = frozenset(series for query in queries() for series in series_in(query))


def test_every_metric_on_the_dashboard_exists() -> None:
    assert QUERIED - {series for metric in CATALOGUE for series in series_of(metric)} == set()


def test_every_metric_of_the_catalogue_is_on_the_dashboard() -> None:
    assert [metric.name for metric in CATALOGUE if not series_of(metric) & QUERIED] == []


def test_every_query_is_valid_promql(tmp_path: Path) -> None:
    recorded = [{"record": f"query:{number}", "expr": text} for number, text in enumerate(queries())]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": recorded}]}))
    checked = promtool("check", "rules", file)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(recorded)} rules found" in checked.stdout


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel["title"])
def test_a_panel_has_a_description_and_queries_the_chosen_data_source(panel: dict[str, Any]) -> None:
    assert panel["description"].endswith(".")
    assert [target["datasource"] for target in panel["targets"]] == [DATA_SOURCE] * len(panel["targets"])
    assert all(target["legendFormat"] for target in panel["targets"])


def test_panels_have_unique_ids_and_do_not_overlap() -> None:
    shown = dashboard()["panels"]
    assert len({panel["id"] for panel in shown}) == len(shown)
    cells = [cell for panel in shown for cell in _cells(panel["gridPos"])]
    assert len(cells) == len(set(cells))
    assert all(0 <= column < 24 for column, _ in cells)


def test_the_data_source_and_the_account_are_variables() -> None:
    variables = {one["name"]: one for one in dashboard()["templating"]["list"]}
    assert variables["datasource"]["query"] == "prometheus"
    assert series_in(variables["account"]["definition"]) <= QUERIED


def test_grafana_is_provisioned_with_the_data_source_and_the_dashboard() -> None:
    (source,) = provisioned("datasources/prometheus.yml")["datasources"]
    (provider,) = provisioned("dashboards/whence.yml")["providers"]
    assert source["type"] == DATA_SOURCE["type"]
    assert provider["type"] == "file"
    assert provider["options"]["path"].startswith("/var/lib/grafana/")


def _cells(place: dict[str, int]) -> list[tuple[int, int]]:
    columns, rows = range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])
    return [(column, row) for column in columns for row in rows]
