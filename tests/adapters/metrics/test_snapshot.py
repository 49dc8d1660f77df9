"""The metrics of several processes as one text, each sample with its process's name."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, generate_latest

from adapters.metrics.api import ApiMetrics, Operation, Status
from adapters.metrics.registry import new_registry
from adapters.metrics.snapshot import (
    SnapshotCollector,
    families_of,
    joined,
    read_snapshot,
    snapshot_bytes,
    snapshots_bytes,
)


def answered(times: int) -> CollectorRegistry:
    registry = new_registry()
    metrics = ApiMetrics(registry)
    for _ in range(times):
        metrics.answered(Operation.QUERY, Status.OK, 0.01)
    return registry


def test_families_of_one_name_are_one_family_with_the_samples_of_each_process() -> None:
    parts = {name: read_snapshot(snapshot_bytes(answered(int(name)))) for name in ("1", "2")}
    shown = new_registry()
    SnapshotCollector(lambda: read_snapshot(snapshots_bytes(joined("worker", parts))), shown)
    text = generate_latest(shown).decode()
    assert text.count("# TYPE whence_api_response_seconds histogram") == 1
    for name in ("1", "2"):
        series = (
            f'whence_api_response_seconds_count{{operation="query",status="ok",worker="{name}"}} {name}.0'
        )
        assert series in text


def test_joining_changes_no_snapshot_and_nothing_is_shown_of_no_process() -> None:
    families = families_of(answered(1))
    before = snapshots_bytes(families)
    joined("worker", {"1": families, "2": families})
    assert snapshots_bytes(families) == before
    assert not joined("worker", {})
