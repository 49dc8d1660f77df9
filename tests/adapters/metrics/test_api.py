"""The API's metrics: response times by operation and status, and the number of open connections."""

from __future__ import annotations

import pytest

from adapters.metrics.api import ApiMetrics, Operation, Status
from adapters.metrics.registry import new_registry


def test_responses_are_timed_by_operation_and_status() -> None:
    registry = new_registry()
    metrics = ApiMetrics(registry)
    for status, seconds in ((Status.OK, 0.25), (Status.OK, 0.5), (Status.REFUSED, 0.125)):
        metrics.answered(Operation.QUERY, status, seconds)
    labels = {"operation": "query", "status": "ok"}
    assert registry.get_sample_value("whence_api_response_seconds_count", labels) == 2
    assert registry.get_sample_value("whence_api_response_seconds_sum", labels) == 0.75
    assert (
        registry.get_sample_value("whence_api_response_seconds_count", {**labels, "status": "failed"}) is None
    )


def test_a_connection_is_counted_until_it_ends_with_or_without_an_error() -> None:
    registry = new_registry()
    metrics = ApiMetrics(registry)
    counted: list[float | None] = []

    def hold() -> None:
        with metrics.connected():
            counted.append(registry.get_sample_value("whence_websocket_connections"))
            raise ConnectionError

    with metrics.connected():
        with pytest.raises(ConnectionError):
            hold()
        counted.append(registry.get_sample_value("whence_websocket_connections"))
    assert [*counted, registry.get_sample_value("whence_websocket_connections")] == [2, 1, 0]
