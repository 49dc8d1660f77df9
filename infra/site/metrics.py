"""The page of all metrics."""

from __future__ import annotations

from adapters.metrics.catalogue import CATALOGUE, Metric
from infra.site.markdown import code, plain, table

_HEAD = """\
# Metrics

Every metric of `/metrics`, which `whence api` and the engine serve in the format of Prometheus. Money is in the
currency that the label `currency` names; times are in seconds. `infra/monitoring` has Prometheus' configuration, its
[alert rules](alerts.md#rules-of-prometheus) and the Grafana dashboard."""


def page() -> str:
    """The whole page."""
    return "\n".join([_HEAD, "", *table(("metric", "kind", "labels", "meaning"), map(_row, CATALOGUE))])


def _row(one: Metric) -> tuple[str, str, str, str]:
    return code(one.name), one.kind.value, ", ".join(map(code, one.labels)), plain(one.help)
