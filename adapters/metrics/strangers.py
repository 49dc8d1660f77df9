"""The metric of records that were refused because no key of the installation had signed them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from adapters.metrics import catalogue
from domain.errors import LogError


class StrangerCollector(Collector):
    """Counts refused events and requests at each scrape."""

    def __init__(
        self, events: Callable[[], int], requests: Callable[[], int], registry: CollectorRegistry
    ) -> None:
        self._events, self._requests = events, requests
        registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """The samples; none where the log does not answer."""
        metric = catalogue.REFUSED
        family = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
        try:
            family.add_metric(["event"], self._events())
            family.add_metric(["request"], self._requests())
        except LogError:
            return []
        return [family]
