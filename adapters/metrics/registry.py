"""The program's registry of metrics, and constructors of metrics by the catalogue."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from adapters.metrics.catalogue import Metric

# The alert on slow decisions has a threshold of half a second, so half a second must be the bound of a bucket.
_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def new_registry() -> CollectorRegistry:
    """An empty registry, without the library's default metrics."""
    # The library would add the creation time of each series as another series, which is not needed.
    disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no types for it
    return CollectorRegistry(auto_describe=False)


def counter(metric: Metric, registry: CollectorRegistry) -> Counter:
    return Counter(metric.name, metric.help, metric.labels, registry=registry)


def gauge(metric: Metric, registry: CollectorRegistry) -> Gauge:
    return Gauge(metric.name, metric.help, metric.labels, registry=registry)


def histogram(metric: Metric, registry: CollectorRegistry) -> Histogram:
    return Histogram(metric.name, metric.help, metric.labels, buckets=_SECONDS, registry=registry)
