"""The metric of processes: a count for each state of a known name, and none where the place does not answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from prometheus_client import CollectorRegistry

from adapters.metrics.processes import ProcessCollector
from adapters.metrics.registry import new_registry
from adapters.processes.announcement import HeldLease, ProcessRole
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


def leased_since(registry: CollectorRegistry, account: str, node: str) -> float | None:
    labels = {"account": account, "partition": "1", "node": node}
    return registry.get_sample_value("whence_account_leased_since_timestamp_seconds", labels)


def test_an_account_has_the_node_that_holds_it_and_a_silent_node_has_none() -> None:
    earlier, later = NOW - timedelta(minutes=9), NOW - timedelta(minutes=2)
    node = replace(ANNOUNCEMENT, role=ProcessRole.NODE, name="", leases=(HeldLease("beta", 1, later),))
    unaware = replace(node, id="2" * 32, host="other", leases=(HeldLease("beta", 1, earlier),))
    silent = replace(SPARE, role=ProcessRole.NODE, host="away", leases=(HeldLease("gamma", 1, later),))
    registry = new_registry()
    found = [Announced(one.id, one) for one in (node, unaware, silent)]
    ProcessCollector(lambda: found, lambda: NOW, registry)
    assert leased_since(registry, "beta", ANNOUNCEMENT.host) == later.timestamp()
    assert leased_since(registry, "beta", "other") is None
    assert leased_since(registry, "gamma", "away") is None


def test_a_store_that_does_not_answer_gives_no_sample() -> None:
    def failing() -> Sequence[Announced]:
        raise StoreUnavailable("the store does not answer")

    registry = new_registry()
    ProcessCollector(failing, lambda: NOW, registry)
    assert [metric.name for metric in registry.collect() if metric.name == "whence_processes"] == []
