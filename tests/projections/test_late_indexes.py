"""The indexes of the journal are made once a build has nearly caught up, by whichever process continues it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, inspect, text

from projections import runner
from projections.bookkeeping import BuildKind, BuildStatus
from projections.builds import Build, begin, drop
from projections.catalogue import PROJECTIONS
from projections.faults import Dropped
from projections.journal import JOURNAL
from projections.late_indexes import make_late_indexes
from projections.runner import Runner
from projections.store import writing
from projections.work import works
from tests.projections.folded import a_run
from tests.projections.stores import WrittenLog
from tests.projections.test_drop import wait_for_a_blocked_lock

_LATE = {"event_id", "cause", "chain_ordinal", "subject_ordinal", "type_ordinal", "account_ordinal"}
_NEAR = 100
_SEARCHED = {"postgresql": {"words"}, "sqlite": set[str]()}


@pytest.fixture(autouse=True)
def near(monkeypatch: pytest.MonkeyPatch) -> None:
    """A build has nearly caught up when 100 events are left, so that a short log is enough."""
    monkeypatch.setattr(runner, "_ALONE", _NEAR)


def test_a_new_build_has_its_indexes_before_its_last_batch(store: Engine) -> None:
    log, build = WrittenLog(a_run(1_500)), _begun(store)
    following = Runner(log, works(store, [build], PROJECTIONS, 0))
    seen = list(_seen(store, build, following))
    assert all(names == _all(store) for left, names in seen if left <= _NEAR)
    assert all(not names for left, names in seen if left > _NEAR)
    assert {left <= _NEAR for left, _names in seen} == {True, False}


@pytest.mark.parametrize("made", ["none", "some", "all"])
def test_a_process_that_continues_makes_the_indexes_that_are_missing(store: Engine, made: str) -> None:
    """Also where the process before it ended at the log's head, before it made them."""
    log, build = WrittenLog(a_run(300)), _begun(store)
    Runner(log, works(store, [build], PROJECTIONS, 0)).catch_up()
    gone = {"none": _all(store), "some": {"cause", "type_ordinal"}, "all": set[str]()}[made]
    with writing(store) as connection:
        for name in gone:
            connection.execute(text(f"DROP INDEX {_prefix(build)}{name}"))
    assert _indexes(store, build) == _all(store) - gone
    assert Runner(log, works(store, [build], PROJECTIONS, 0)).step() == 0
    assert _indexes(store, build) == _all(store)


def test_a_build_that_was_dropped_before_its_indexes_were_made_is_not_kept_up_any_more(store: Engine) -> None:
    log, build = WrittenLog(a_run(300)), _begun(store, BuildStatus.BUILDING)
    following = Runner(log, works(store, [build], PROJECTIONS, 0))
    following.start()
    drop(store, build)
    with pytest.raises(Dropped):
        following.works[0].make_indexes()


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_a_process_of_another_partition_waits_and_finds_the_indexes_made(store: Engine) -> None:
    log, build = WrittenLog(a_run(300)), _begun(store)
    other = Runner(log, works(store, [build], PROJECTIONS, 1))
    other.start()
    with ThreadPoolExecutor(1) as another:
        with writing(store) as connection:
            make_late_indexes(connection, JOURNAL, build)
            waiting = another.submit(other.works[0].make_indexes)
            wait_for_a_blocked_lock(store)
        waiting.result(timeout=30)
    assert _indexes(store, build) == _all(store)


def _begun(store: Engine, status: BuildStatus = BuildStatus.LIVE) -> Build:
    with writing(store) as connection:
        return begin(connection, JOURNAL, BuildKind.TODAY, status)


def _seen(store: Engine, build: Build, following: Runner) -> Iterator[tuple[int, set[str]]]:
    """After each batch: the number of events left, and the names of the indexes."""
    while following.step(50):
        yield following.head - following.works[0].ordinal, _indexes(store, build)


def _indexes(store: Engine, build: Build) -> set[str]:
    prefix, found = _prefix(build), inspect(store).get_indexes(f"journal_b{build.id}")
    return {str(index["name"]).removeprefix(prefix) for index in found}


def _prefix(build: Build) -> str:
    return f"ix_journal_b{build.id}_"


def _all(store: Engine) -> set[str]:
    return _LATE | _SEARCHED[store.dialect.name]
