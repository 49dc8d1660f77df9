"""The report reads its figures from the text of `/metrics`, and finds the bucket of a quantile."""

from __future__ import annotations

from tests.soak.report import quantile
from tests.soak.sampling import read_metrics

_TEXT = """
whence_signal_to_decision_seconds_bucket{le="0.01"} 90.0
whence_signal_to_decision_seconds_bucket{le="0.1"} 99.0
whence_signal_to_decision_seconds_bucket{le="+Inf"} 100.0
whence_projection_lag_events{projection="orders"} 3.0
whence_projection_lag_events{projection="positions"} 7.0
"""


def test_the_buckets_of_latency_and_the_greatest_lag_are_read() -> None:
    assert read_metrics(_TEXT) == ({"0.01": 90.0, "0.1": 99.0, "+Inf": 100.0}, 7.0)


def test_a_quantile_counts_the_decisions_between_two_scrapes_only() -> None:
    decided, _ = read_metrics(_TEXT)
    assert quantile({}, decided, 0.5) == "0.01"
    assert quantile({"0.01": 80.0, "0.1": 80.0, "+Inf": 80.0}, decided, 0.9) == "0.1"


def test_there_is_no_quantile_where_nothing_was_decided() -> None:
    decided, _ = read_metrics(_TEXT)
    assert quantile(decided, decided, 0.5) == "-"
