"""Spare processes become engines, are replaced in quiet times, and end with their node."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import closing
from time import monotonic, sleep

import psutil
import pytest

from infra.accounts import LeasedAccount
from infra.run import engine_starts
from infra.run.engine_starts import EngineStarts

ALPHA = LeasedAccount(name="alpha", partition=0, instruments=("BTCUSDT",))
_PATIENCE = 120.0


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def starts(now: list[float]) -> Generator[EngineStarts]:
    """Its engines are of `whence --version`, which ends at once."""
    with closing(EngineStarts(lambda _account: ["--version"], 2, lambda: now[0])) as made:
        yield made


@pytest.fixture
def lease() -> Generator[int]:
    theirs, ours = os.pipe()
    yield theirs
    for one in (theirs, ours):
        os.close(one)


def until(is_so: Callable[[], bool]) -> None:
    end = monotonic() + _PATIENCE
    while not is_so():
        assert monotonic() < end
        sleep(0.01)


def test_a_spare_process_becomes_the_engine_of_an_account(
    starts: EngineStarts, now: list[float], lease: int
) -> None:
    now[0] = 30.0
    starts.keep(1)
    (spare,) = starts.spares
    engine = starts.start(ALPHA, lease)
    assert engine.pid == spare
    assert starts.spares == []
    # `whence --version` does not know the option `--lease`, so the words have arrived where it is refused.
    assert engine.wait(_PATIENCE) == 2


def test_spare_processes_are_started_in_quiet_times_only_and_not_more_than_are_wanted(
    starts: EngineStarts, now: list[float], lease: int
) -> None:
    starts.keep(9)
    assert starts.spares == []
    now[0] = 30.0
    for _ in range(3):
        starts.keep(9)
    assert len(starts.spares) == 2
    starts.start(ALPHA, lease).wait(_PATIENCE)
    starts.keep(9)
    assert len(starts.spares) == 1, "an engine has started just now"
    now[0] = 60.0
    starts.keep(9)
    assert len(starts.spares) == 2
    starts.keep(0)
    assert starts.spares == []


def test_an_engine_starts_where_its_spare_process_was_killed(
    starts: EngineStarts, now: list[float], lease: int
) -> None:
    now[0] = 30.0
    starts.keep(1)
    (spare,) = starts.spares
    os.kill(spare, signal.SIGKILL)
    until(lambda: psutil.Process(spare).status() == psutil.STATUS_ZOMBIE)
    engine = starts.start(ALPHA, lease)
    assert engine.pid != spare
    assert engine.wait(_PATIENCE) == 2
    starts.keep(1)
    assert spare not in starts.spares


def test_a_spare_process_that_ends_by_itself_is_replaced_in_quiet_times_only(
    starts: EngineStarts, now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_starts, "_SPARE", (sys.executable, "-S", "-c", "raise SystemExit(1)"))
    now[0] = 30.0
    starts.keep(1)
    (spare,) = starts.spares
    until(lambda: psutil.Process(spare).status() == psutil.STATUS_ZOMBIE)
    starts.keep(1)
    assert starts.spares == [], "the next one would end at once, too, ten times a second"
    now[0] = 60.0
    starts.keep(1)
    assert len(starts.spares) == 1


def test_a_spare_process_that_cannot_be_started_stops_no_engine_and_is_tried_again_later(
    starts: EngineStarts, now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_given: object, **_named: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    now[0] = 30.0
    with monkeypatch.context() as patched:
        patched.setattr(subprocess, "Popen", refused)
        starts.keep(1)
    starts.keep(1)
    assert starts.spares == []
    now[0] = 60.0
    starts.keep(1)
    assert len(starts.spares) == 1


def test_a_spare_process_ends_with_its_node(now: list[float]) -> None:
    made = EngineStarts(lambda _account: [], 1, lambda: now[0])
    now[0] = 30.0
    made.keep(1)
    (spare,) = made.spares
    made.close()
    assert not psutil.pid_exists(spare)
