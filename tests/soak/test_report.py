"""The report reads its figures from `/metrics`, and fails where a figure grows, or is not known to be flat."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.soak.report import of_samples
from tests.soak.sampling import ProcessSample, Sample, read_metrics

_TEXT = """
whence_signal_to_decision_seconds_bucket{le="0.01"} 90.0
whence_signal_to_decision_seconds_bucket{le="0.1"} 99.0
whence_signal_to_decision_seconds_bucket{le="+Inf"} 100.0
whence_orders_placed_total{account="a",strategy="x"} 3.0
whence_orders_placed_total{account="a",strategy="y"} 4.0
whence_projection_lag_events{projection="orders"} 3.0
whence_projection_lag_events{projection="positions"} 7.0
"""
_HOUR = range(0, 3_600, 5)


def _sample(at: float, **changed: float) -> Sample:
    """A sample of a run in which nothing grows; `changed` are figures of the engine, `slow` its slow decisions."""
    slow = changed.pop("slow", 0.05)
    figures = {"rss": 200e6, "pss": 150e6, "descriptors": 50, "threads": 40} | changed
    each = {name: int(value) for name, value in figures.items()}
    return Sample(
        at=at,
        processes=[ProcessSample(name="engine", cpu=at / 10, **each)],
        latencies={"decision": {"0.01": 10 * at, "0.1": 10 * at + slow * at, "+Inf": 10 * at + slow * at}},
        counts={"orders": at},
    )


def _failed(sample: Callable[[float], Sample]) -> list[str]:
    return [one.text for one in of_samples([sample(at) for at in _HOUR]) if not one.is_good]


def test_buckets_counts_and_the_greatest_lag_are_read() -> None:
    found = read_metrics(_TEXT)
    assert found.latencies["signal to decision"] == {"0.01": 90.0, "0.1": 99.0, "+Inf": 100.0}
    assert (found.counts["orders"], found.lag) == (7.0, 7.0)


def test_a_run_in_which_nothing_grows_passes() -> None:
    assert _failed(_sample) == []


@pytest.mark.parametrize("figure", ["rss", "pss", "descriptors", "threads"])
def test_a_figure_that_grows_by_two_percent_an_hour_fails(figure: str) -> None:
    (text,) = _failed(lambda at: _sample(at, **{figure: 1_000_000 + at / 3_600 * 20_000}))
    assert f"engine {figure}" in text
    assert "grows" in text


def test_a_figure_of_which_it_is_not_known_whether_it_grows_fails() -> None:
    def steps(at: float) -> Sample:
        return _sample(at, rss=200e6 * (1.01 if at > 2_250 else 1.0))

    (text,) = _failed(steps)
    assert "unknown" in text


def test_decisions_that_become_slower_fail() -> None:
    def slower(at: float) -> Sample:
        return _sample(at, slow=0.05 + max(at - 2_400, 0.0) / 40)

    assert any("decision p99" in text and "grows" in text for text in _failed(slower))


def test_one_failed_sample_is_counted_and_passes() -> None:
    samples = [_sample(at) if at != 3_000 else Sample(at=at, fault="ReadTimeout") for at in _HOUR]
    found = list(of_samples(samples))
    assert found[0].text == "720 samples, 1 failed, the last of them: ReadTimeout"
    assert all(one.is_good for one in found)


def test_more_than_one_failed_sample_in_a_hundred_fails() -> None:
    samples = [_sample(at) if at % 100 else Sample(at=at, fault="ReadTimeout") for at in _HOUR]
    (failed,) = [one.text for one in of_samples(samples) if not one.is_good]
    assert failed.startswith("720 samples, 36 failed")


def test_a_run_in_which_no_order_was_placed_fails() -> None:
    def idle(at: float) -> Sample:
        sample = _sample(at)
        return Sample(at=at, processes=sample.processes, latencies=sample.latencies, counts={"orders": 7.0})

    (text,) = _failed(idle)
    assert text.startswith("orders: 0 after the warm-up")
