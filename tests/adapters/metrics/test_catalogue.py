"""The table of metrics follows Prometheus' naming rules."""

from __future__ import annotations

import re

import pytest

from adapters.metrics.catalogue import (
    API,
    BOOKS,
    CATALOGUE,
    ENGINE,
    HISTORY,
    SCANNER,
    TELEGRAM,
    Kind,
    Metric,
    series_of,
)

EACH = pytest.mark.parametrize("metric", CATALOGUE, ids=lambda metric: metric.name)
# promtool warns of units that are not base units, because queries must convert them.
NOT_BASE = {"ms", "milliseconds", "minutes", "hours", "percent", "kb", "mb", "micros"}


def test_no_two_metrics_have_the_same_name() -> None:
    names = [metric.name for metric in CATALOGUE]
    assert len(names) == len(set(names)) == len((*HISTORY, *ENGINE, *API, *SCANNER, *BOOKS, *TELEGRAM))


@EACH
def test_a_name_follows_prometheus_rules(metric: Metric) -> None:
    assert re.fullmatch(r"whence_[a-z]+(_[a-z]+)*", metric.name)
    assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
    assert metric.name.endswith(metric.unit)
    assert set(metric.name.split("_")) & NOT_BASE == set()
    assert (metric.kind is not Kind.HISTOGRAM) or metric.unit == "seconds"


@EACH
def test_a_help_text_is_a_sentence_and_labels_are_words(metric: Metric) -> None:
    assert metric.help[0].isupper() or metric.help[0].isdigit()
    assert metric.help.endswith(".")
    assert all(re.fullmatch(r"[a-z]+", label) for label in metric.labels)
    assert set(metric.labels) & {"le", "quantile", "job", "instance"} == set()


def test_a_histogram_has_three_series_and_a_counter_one() -> None:
    timing = Metric("whence_wait_seconds", Kind.HISTOGRAM, "Waiting.", unit="seconds")
    assert series_of(timing) == {f"whence_wait_seconds_{end}" for end in ("bucket", "count", "sum")}
    assert series_of(Metric("whence_waits_total", Kind.COUNTER, "Waits.")) == {"whence_waits_total"}
