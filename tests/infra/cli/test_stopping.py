"""Stopping a running command by a signal."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from domain.strategies.trend import TrendFollowing
from infra.cli import INTERRUPTED
from infra.cli.stopping import StopRequested, stoppable
from tests.infra.cli.conftest import Completed, Whence


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_requests_a_stop_and_the_second_interrupts(number: signal.Signals) -> None:
    with stoppable() as stopping:
        assert not stopping.requested()
        os.kill(os.getpid(), number)
        assert stopping.requested()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)


def test_a_wait_ends_when_a_stop_is_requested() -> None:
    began = time.monotonic()
    with stoppable() as stopping:
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        stopping.wait(60)
        stopping.wait(60)
        assert stopping.requested()
    assert 0.1 <= time.monotonic() - began < 10


def test_a_wait_without_a_stop_lasts_its_time() -> None:
    began = time.monotonic()
    with stoppable() as stopping:
        stopping.wait(0.2)
        assert not stopping.requested()
    assert time.monotonic() - began >= 0.2


def test_the_previous_signal_handlers_are_restored() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with stoppable():
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_ctrl_c_at_program_start_exits_with_130_without_a_traceback(
    whence: Whence, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("infra.cli._command", interrupted)
    assert whence("paper") == Completed(130, "", "")


def test_a_stop_ends_a_calculation_at_once_and_also_one_that_begins_after_it() -> None:
    with stoppable() as stopping:
        with pytest.raises(StopRequested), stopping.at_once():
            os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(StopRequested), stopping.at_once():
            pytest.fail("the calculation began")


def test_a_stop_after_a_calculation_ends_nothing_by_itself() -> None:
    with stoppable() as stopping:
        with stopping.at_once():
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        assert stopping.requested()


@pytest.fixture
def stopped_scan(monkeypatch: pytest.MonkeyPatch) -> Generator[pytest.MonkeyPatch]:
    """The first strategy that scans a tape is stopped within its scan; a scan that goes on fails the test."""

    def scan(_strategy: object, _candles: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        pytest.fail("the scan went on")

    with monkeypatch.context() as patched:
        patched.setattr(TrendFollowing, "scan", scan)
        yield patched


def test_paper_that_is_stopped_within_a_scan_ends_at_once_and_continues_to_the_same_log(
    whence: Whence, stopped_scan: pytest.MonkeyPatch
) -> None:
    words = ("paper", "--seed", "1", "--bars", "300")
    stopped = whence(*words, "--log", "sqlite:///a.db")
    assert stopped.code == INTERRUPTED
    assert stopped.err.splitlines()[-1] == "Stopped. The same command continues from here."
    stopped_scan.undo()
    assert whence("log", "--log", "sqlite:///a.db").out.count("\n") < 10
    assert whence(*words, "--log", "sqlite:///a.db").code == 0
    assert whence(*words, "--log", "sqlite:///b.db").code == 0
    first, second = (whence("log", "--json", "--log", f"sqlite:///{name}.db").out for name in "ab")
    assert first == second
    assert first.count("\n") > 30


def test_backtest_that_is_stopped_within_a_scan_ends_at_once_and_writes_nothing(
    whence: Whence, stopped_scan: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert whence("backtest", "--seed", "1", "--bars", "300", "--log", "sqlite:///a.db").code == INTERRUPTED
    assert not (tmp_path / "a.db").exists()
