"""How a running command is told to stop."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from infra.cli.stopping import stoppable
from tests.infra.cli.conftest import Said, Whence


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_does_not_wait(number: signal.Signals) -> None:
    with stoppable() as stopping:
        assert not stopping.asked()
        os.kill(os.getpid(), number)
        assert stopping.asked()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)


def test_a_pause_ends_when_somebody_asks() -> None:
    began = time.monotonic()
    with stoppable() as stopping:
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        stopping.wait(60)
        stopping.wait(60)
        assert stopping.asked()
    assert 0.1 <= time.monotonic() - began < 10


def test_a_pause_is_as_long_as_it_says() -> None:
    began = time.monotonic()
    with stoppable() as stopping:
        stopping.wait(0.2)
        assert not stopping.asked()
    assert time.monotonic() - began >= 0.2


def test_signals_mean_afterwards_what_they_meant_before() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with stoppable():
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_ctrl_c_while_the_program_still_begins_is_no_traceback(
    whence: Whence, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("infra.cli.application", interrupted)
    assert whence("paper") == Said(130, "", "")
