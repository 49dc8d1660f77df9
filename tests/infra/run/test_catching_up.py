"""Several processes catch up with a long log, and one process continues what they leave."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine

from domain.errors import ServerFailed
from infra.config import WhenceSettings
from infra.logs import open_reader
from infra.run import catching_up
from infra.run.catching_up import COSTS, Watching, catch_up_together, groups
from infra.run.projecting import Projecting
from infra.run.turn import turn_of
from projections.bookkeeping import BuildKind, BuildStatus
from projections.builds import Build, kept_up
from projections.catalogue import PROJECTIONS
from projections.runner import Runner
from projections.standing import standings
from projections.store import reading
from projections.work import works
from tests.adversary.waiting import until
from tests.infra.run.stores import digests, filled, opened
from tests.projections.folded import a_run
from tests.projections.stores import WrittenLog

_EVENTS = a_run(1_500)


@pytest.fixture(autouse=True)
def far(monkeypatch: pytest.MonkeyPatch) -> None:
    """A short log is long enough for processes to be started."""
    monkeypatch.setattr(catching_up, "FAR", 100)


@pytest.fixture
def settings(tmp_path: Path, postgres_database: str) -> WhenceSettings:
    """A log with events, and an unused store on PostgreSQL."""
    log = f"sqlite:///{tmp_path / 'log.db'}"
    filled(log, _EVENTS)
    return WhenceSettings(log=log, store=postgres_database)


@pytest.fixture
def engine(settings: WhenceSettings) -> Iterator[Engine]:
    """The store of the settings, migrated."""
    yield from opened(str(settings.store))


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The digests of the read models that one process makes on SQLite; they are the same on PostgreSQL."""
    log, store = WrittenLog(_EVENTS), next(opened(f"sqlite:///{tmp_path_factory.mktemp('one') / 'read.db'}"))
    Runner(log, works(store, kept_up(store, PROJECTIONS.values()), PROJECTIONS, 0)).catch_up()
    found = digests(store)
    store.dispose()
    return found


def test_read_models_that_processes_have_caught_up_equal_those_of_one_process(
    settings: WhenceSettings, engine: Engine, expected: Mapping[str, str]
) -> None:
    """Also where signals of the terminal reach the processes, from their start on: only their parent stops them."""
    died: list[str] = []
    assert catch_up_together(engine, settings, 2, Watching(_signal_all, died.append))
    assert (died, _behind(engine)) == ([], set())
    assert digests(engine) == expected


def test_a_killed_process_is_reported_and_started_again(
    settings: WhenceSettings, engine: Engine, expected: Mapping[str, str]
) -> None:
    died: list[str] = []
    assert catch_up_together(engine, settings, 2, Watching(_killing(1), died.append))
    (line,) = died
    assert line.endswith("ended with the code -9 before it had caught up; it is started again")
    assert (_behind(engine), multiprocessing.active_children()) == (set(), [])
    assert digests(engine) == expected


def test_processes_that_are_killed_again_and_again_end_the_catching_up_and_the_next_one_continues(
    settings: WhenceSettings, engine: Engine, expected: Mapping[str, str]
) -> None:
    died: list[str] = []
    with pytest.raises(ServerFailed, match=r"code -9 .* 3 processes were started again already"):
        catch_up_together(engine, settings, 2, Watching(_killing(99), died.append))
    assert len(died) == catching_up.REPLACED
    assert multiprocessing.active_children() == []
    _follow(settings, engine)
    assert digests(engine) == expected


def test_what_a_process_with_an_error_leaves_is_reported_and_projected_by_its_parent(
    settings: WhenceSettings, engine: Engine, expected: Mapping[str, str]
) -> None:
    """The error is that the processes, which import the program first, do not find the log's file."""
    path = Path(settings.log.removeprefix("sqlite:///"))
    aside, died = path.with_name("aside.db"), list[str]()

    def look() -> bool:
        if path.exists():
            path.rename(aside)
        return _no_stop()

    assert catch_up_together(engine, settings, 2, Watching(look, died.append))
    assert [line.partition("code ")[2] for line in died] == [
        "1 before it had caught up; this process projects its read models"
    ] * 2
    aside.rename(path)
    _follow(settings, engine)
    assert digests(engine) == expected


def test_a_stop_ends_all_processes_without_an_error(settings: WhenceSettings, engine: Engine) -> None:
    died: list[str] = []
    assert catch_up_together(engine, settings, 2, Watching(lambda: True, died.append))
    assert (died, multiprocessing.active_children()) == ([], [])
    turn = turn_of(engine, 0)
    # The server releases the lock when it notices that the connection was closed.
    until(turn.take, "the turn is free")
    turn.give_back()


@pytest.mark.parametrize("why", ["one worker", "not far behind", "the turn is held", "SQLite"])
def test_no_process_is_started_without_need(
    settings: WhenceSettings, engine: Engine, tmp_path: Path, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if why == "not far behind":
        monkeypatch.setattr(catching_up, "FAR", len(_EVENTS))
    held = turn_of(engine, 0)
    if why == "the turn is held":
        assert held.take()
    stores = opened(f"sqlite:///{tmp_path / 'read.db'}") if why == "SQLite" else iter((engine,))
    nobody = Watching(lambda: True, print)
    assert not catch_up_together(next(stores), settings, 1 if why == "one worker" else 2, nobody)
    held.give_back()


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (1, [set(PROJECTIONS)]),
        (3, None),
        (99, [{name} for name in PROJECTIONS]),
    ],
)
def test_each_build_is_in_one_group_and_the_journal_with_the_least(
    most: int, expected: list[set[str]] | None
) -> None:
    builds = [
        Build(number, name, BuildKind.TODAY, "", BuildStatus.LIVE) for number, name in enumerate(PROJECTIONS)
    ]
    found = [{one.projection for one in group} for group in groups(builds, most)]
    assert sorted(name for group in found for name in group) == sorted(PROJECTIONS)
    (beside,) = [group - {"journal"} for group in found if "journal" in group]
    assert most == 1 or all(COSTS[name] == 1 for name in beside), "those cost next to nothing"
    if expected is not None:
        assert sorted(map(sorted, found)) == sorted(map(sorted, expected))


def _killing(times: int) -> Callable[[], bool]:
    """Kills a process at each of the first looks; never requests a stop."""
    looks = count(1)

    def look() -> bool:
        children = multiprocessing.active_children()
        if children and next(looks) <= times:
            children[0].kill()
            children[0].join()
        return _no_stop()

    return look


def _no_stop() -> bool:
    time.sleep(0.02)
    return False


def _signal_all() -> bool:
    for child in multiprocessing.active_children():
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(child.pid or 0, number)
    time.sleep(0.05)
    return False


def _behind(engine: Engine) -> set[str]:
    """The read models that do not include the whole log."""
    with reading(engine) as connection:
        found = standings(connection, 0)
    today = [one for one in found if one.build.kind is BuildKind.TODAY]
    return {one.build.projection for one in today if one.ordinal < len(_EVENTS)}


def _follow(settings: WhenceSettings, engine: Engine) -> None:
    with closing(open_reader(settings)) as log:
        projecting = Projecting(engine, log)
        projecting.start()
        assert projecting.wait_until(len(_EVENTS), 60)
        projecting.stop()
