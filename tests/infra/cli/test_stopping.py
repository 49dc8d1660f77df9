"""Stopping a running command by a signal."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from infra.cli.stopping import stoppable
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

    monkeypatch.setattr("infra.cli.application", interrupted)
    assert whence("paper") == Completed(130, "", "")
