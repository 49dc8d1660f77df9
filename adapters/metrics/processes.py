"""The metrics of the processes of a log and of the accounts that nodes hold, from their announcements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from adapters.metrics import catalogue
from adapters.processes.place import Announced
from adapters.processes.running import ProcessState, Running, processes
from domain.errors import LogError, StoreError

_RUN = (ProcessState.HEALTHY, ProcessState.FAULTY)


class ProcessCollector(Collector):
    """Counts the processes by role, name and state at each scrape; every state of a known name has a sample. Beside it
    are the accounts that nodes hold.
    """

    def __init__(
        self,
        announced: Callable[[], Sequence[Announced]],
        clock: Callable[[], datetime],
        registry: CollectorRegistry,
    ) -> None:
        """`clock` returns the time of a scrape (UTC)."""
        self._announced, self._clock = announced, clock
        registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """The samples; none where the place of the announcements does not answer."""
        try:
            found = processes(self._announced(), self._clock())
        except (LogError, StoreError):
            return []
        return [_counted(found), _leased(found)]


def _counted(found: Sequence[Running]) -> Metric:
    family = _family(catalogue.PROCESSES)
    counts = Counter((*_labels(one), one.state) for one in found)
    for role, name in sorted({_labels(one) for one in found}):
        for state in ProcessState:
            family.add_metric([role, name, state.value], counts[role, name, state])
    return family


def _leased(found: Sequence[Running]) -> Metric:
    """Leases of nodes that run; of an account that two of them name, the latest: the other has not noticed its loss."""
    family, held = _family(catalogue.LEASED_SINCE), dict[str, tuple[float, list[str]]]()
    for own in (one.announcement for one in found if one.state in _RUN):
        if own is None:
            continue
        for lease in own.leases:
            labels, since = [lease.account, str(lease.partition), own.host], lease.since.timestamp()
            held[lease.account] = max(held.get(lease.account, (since, labels)), (since, labels))
    for since, labels in held.values():
        family.add_metric(labels, since)
    return family


def _family(metric: catalogue.Metric) -> GaugeMetricFamily:
    return GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)


def _labels(one: Running) -> tuple[str, str]:
    """The role and the name; both are empty where the announcement is not believed."""
    own = one.announcement
    return ("", "") if own is None else (own.role.value, own.name)
