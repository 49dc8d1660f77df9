"""The metric of processes: a count for each state of a known name, and none where the place does not answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from prometheus_client import CollectorRegistry

from adapters.metrics.processes import ProcessCollector
from adapters.metrics.registry import new_registry
from adapters.processes.place import Announced
from domain.errors import StoreUnavailable
from tests.adapters.processes.announcements import ANNOUNCEMENT, NOW
from tests.replacing import replace

SPARE = replace(ANNOUNCEMENT, id="1" * 32, at=NOW - timedelta(minutes=1))


def sample(registry: CollectorRegistry, role: str, name: str, state: str) -> float | None:
    return registry.get_sample_value("whence_processes", {"role": role, "name": name, "state": state})


def test_every_state_of_a_known_name_is_counted_and_a_refused_announcement_has_no_name() -> None:
    registry = new_registry()
    found = [Announced(one.id, one) for one in (ANNOUNCEMENT, SPARE)] + [Announced("x", None, "unsigned")]
    ProcessCollector(lambda: found, lambda: NOW, registry)
    states = ("HEALTHY", "FAULTY", "SILENT", "ENDED", "UNVERIFIED")
    assert [sample(registry, "engine", "main", state) for state in states] == [1, 0, 1, 0, 0]
    assert sample(registry, "", "", "UNVERIFIED") == 1


def test_a_store_that_does_not_answer_gives_no_sample() -> None:
    def failing() -> Sequence[Announced]:
        raise StoreUnavailable("the store does not answer")

    registry = new_registry()
    ProcessCollector(failing, lambda: NOW, registry)
    assert [metric.name for metric in registry.collect() if metric.name == "whence_processes"] == []
