"""The API's own metrics: how long its answers take, and who is connected."""

from __future__ import annotations

from contextlib import AbstractContextManager
from enum import StrEnum

from prometheus_client import CollectorRegistry

from adapters.metrics import catalogue
from adapters.metrics.registry import gauge, histogram


class Operation(StrEnum):
    """What kind of GraphQL operation; UNKNOWN could not be read as one."""

    QUERY = "query"
    MUTATION = "mutation"
    SUBSCRIPTION = "subscription"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """OK without an error, REFUSED by the business or for want of a role, FAILED through a fault of ours."""

    OK = "ok"
    REFUSED = "refused"
    FAILED = "failed"


class ApiMetrics:
    """What one process that answers has to tell of it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._responses = histogram(catalogue.RESPONSES, registry)
        self._websockets = gauge(catalogue.WEBSOCKETS, registry)

    def answered(self, operation: Operation, status: Status, seconds: float) -> None:
        """An operation was answered; for a subscription, seconds are those to its first answer."""
        self._responses.labels(operation.value, status.value).observe(seconds)

    def connected(self) -> AbstractContextManager[None]:
        """Counts a WebSocket connection for as long as it is held."""
        return self._websockets.track_inprogress()
