"""The metric of dead letters."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from adapters.dead_letters.store import Counts
from adapters.metrics import catalogue
from domain.errors import LogError, StoreError


class LetterCollector(Collector):
    """Counts the dead letters of a log by source and state at each scrape."""

    def __init__(self, counts: Callable[[], Counts], registry: CollectorRegistry) -> None:
        self._counts = counts
        registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """The samples; none where the store of the letters does not answer."""
        metric = catalogue.DEAD_LETTERS
        family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
        try:
            for (source, state), number in self._counts().items():
                family.add_metric([source.value, state.value], number)
        except (LogError, StoreError):
            return []
        return [family]
