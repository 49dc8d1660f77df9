"""A build at the end of its log holds few rows in memory, however many orders and signals the log has."""

from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence

import pytest
from sqlalchemy import Engine

from projections import rows
from projections.bookkeeping import BuildKind, BuildStatus
from projections.builds import Build, begin
from projections.catalogue import PROJECTIONS
from projections.digest import digest
from projections.history import HistoryWork
from projections.projection import Projection
from projections.runner import Runner
from projections.store import reading, writing
from projections.work import Work, works
from tests.projections.faulty import two_accounts
from tests.projections.stores import WrittenLog

_FEW = 10
_AT_ONCE = 20
_INTERVAL = 40
_PROJECTIONS: Mapping[str, Projection] = {
    name: one
    for name, one in PROJECTIONS.items()
    if name in ("signals", "orders", "positions", "performance")
}


def _begun(store: Engine, kind: BuildKind) -> Sequence[Build]:
    with writing(store) as connection:
        return [begin(connection, one, kind, BuildStatus.BUILDING) for one in _PROJECTIONS.values()]


def _works(store: Engine, builds: Sequence[Build]) -> list[Work]:
    if builds[0].kind is BuildKind.TODAY:
        return works(store, builds, _PROJECTIONS, 0)
    return [HistoryWork(store, _PROJECTIONS[one.projection], one, 0, _INTERVAL) for one in builds]


def _digests(store: Engine, builds: Sequence[Build]) -> Mapping[str, str]:
    with reading(store) as connection:
        return {one.projection: digest(connection, PROJECTIONS[one.projection], one) for one in builds}


@pytest.mark.parametrize("kind", [BuildKind.TODAY, BuildKind.HISTORY])
def test_the_rows_in_memory_do_not_grow_with_the_log(
    store: Engine, kind: BuildKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "_FEW", _FEW)
    events = two_accounts()
    log = WrittenLog(events[:_AT_ONCE])
    builds = _begun(store, kind)
    runner = Runner(log, _works(store, builds))
    held: list[int] = []
    for size in range(2 * _AT_ONCE, len(events), _AT_ONCE):
        log.append(events[size - _AT_ONCE : size])
        runner.catch_up()
        held.append(sum(work.held for work in runner.works))
    assert len(runner.works) == len(_PROJECTIONS)
    third = len(held) // 3
    assert max(held[-third:]) < 1.1 * max(held[third : 2 * third])

    monkeypatch.undo()
    whole = _begun(store, kind)
    Runner(WrittenLog(log.envelopes), _works(store, whole)).catch_up()
    assert _digests(store, builds) == _digests(store, whole)


def test_a_batch_leaves_few_objects_to_the_collector(store: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The API's process collects seldom, so each object of a cycle is in memory for long."""
    monkeypatch.setattr(rows, "_FEW", 0)
    events = two_accounts()
    log = WrittenLog(events[:_AT_ONCE])
    runner = Runner(log, _works(store, _begun(store, BuildKind.TODAY)))
    batches = range(2 * _AT_ONCE, 400, _AT_ONCE)
    gc.collect()
    gc.disable()
    try:
        for size in batches:
            log.append(events[size - _AT_ONCE : size])
            runner.catch_up()
        left = gc.collect()
    finally:
        gc.enable()
    assert left < 10 * len(batches)
