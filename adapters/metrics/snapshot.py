"""The metrics of one process as JSON, and their collector in another process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.registry import Collector

from domain.errors import InvalidInput


class Sample(msgspec.Struct, frozen=True, gc=False):
    """One value of a metric; `name` is that of the series."""

    name: str
    labels: dict[str, str]
    value: float


class Family(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A metric with its samples; `kind` is Prometheus' word for it."""

    name: str
    help: str
    kind: str
    samples: list[Sample]


def snapshot_bytes(registry: CollectorRegistry) -> bytes:
    """All metrics of the registry now, as JSON."""
    return snapshots_bytes(families_of(registry))


def families_of(registry: CollectorRegistry) -> Sequence[Family]:
    """All metrics of the registry now."""
    return [_family(metric) for metric in registry.collect()]


def snapshots_bytes(families: Iterable[Family]) -> bytes:
    """The families as JSON."""
    return msgspec.json.encode(list(families))


def joined(label: str, parts: Mapping[str, Sequence[Family]]) -> Sequence[Family]:
    """The families of several processes as one: each sample gets the label with its process's name."""
    found: dict[str, Family] = {}
    for name, families in parts.items():
        for family in families:
            known = found.setdefault(family.name, _without_samples(family))
            known.samples.extend(
                Sample(one.name, {**one.labels, label: name}, one.value) for one in family.samples
            )
    return list(found.values())


def _without_samples(family: Family) -> Family:
    return Family(name=family.name, help=family.help, kind=family.kind, samples=[])


def read_snapshot(written: bytes) -> Sequence[Family]:
    """The metrics in `written`. Raises InvalidInput where there are none."""
    try:
        return msgspec.json.decode(written, type=list[Family])
    except msgspec.DecodeError as fault:
        raise InvalidInput(f"metrics cannot be read: {fault}") from None


class SnapshotCollector(Collector):
    """Shows the metrics of another process; `snapshot` is called at each scrape."""

    def __init__(self, snapshot: Callable[[], Sequence[Family]], registry: CollectorRegistry) -> None:
        self._snapshot = snapshot
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """The families of the other process."""
        return map(_metric, self._snapshot())


def _family(metric: Metric) -> Family:
    return Family(
        name=metric.name,
        help=metric.documentation,
        kind=metric.type,
        samples=[Sample(one.name, dict(one.labels), one.value) for one in metric.samples],
    )


def _metric(family: Family) -> Metric:
    metric = Metric(family.name, family.help, family.kind)
    for one in family.samples:
        metric.add_sample(one.name, one.labels, one.value)
    return metric
