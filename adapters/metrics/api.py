"""The API's metrics: response times and open connections."""

from __future__ import annotations

from contextlib import AbstractContextManager
from enum import StrEnum

from prometheus_client import CollectorRegistry

from adapters.metrics import catalogue
from adapters.metrics.registry import counter, gauge, histogram


class Operation(StrEnum):
    """The kind of a GraphQL operation; UNKNOWN where the request could not be parsed."""

    QUERY = "query"
    MUTATION = "mutation"
    SUBSCRIPTION = "subscription"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """OK: without an error. REFUSED: by a rule or for a missing role. FAILED: by an internal fault."""

    OK = "ok"
    REFUSED = "refused"
    FAILED = "failed"


class Outcome(StrEnum):
    """What became of a request at `POST /signals`. LIMITED: by a rate. UNAVAILABLE: no engine answered in time."""

    RECORDED = "recorded"
    REPEATED = "repeated"
    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    REFUSED = "refused"
    LIMITED = "limited"
    UNAVAILABLE = "unavailable"


class ApiMetrics:
    """The metrics of one API process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._responses = histogram(catalogue.RESPONSES, registry)
        self._websockets = gauge(catalogue.WEBSOCKETS, registry)
        self._source_requests = counter(catalogue.SOURCE_REQUESTS, registry)

    def answered(self, operation: Operation, status: Status, seconds: float) -> None:
        """Counts an answered operation; for a subscription, `seconds` is the time to its first message."""
        self._responses.labels(operation.value, status.value).observe(seconds)

    def signalled(self, source: str, outcome: Outcome) -> None:
        """Counts a request at `POST /signals`."""
        self._source_requests.labels(source, outcome.value).inc()

    def connected(self) -> AbstractContextManager[None]:
        """Counts a WebSocket connection for as long as it is held."""
        return self._websockets.track_inprogress()
