"""A sandbox ends with its bot, also where the bot was killed by SIGKILL, while it starts and while it trades."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest

from tests.adapters.bybit.bench import closed_port
from tests.adapters.simulated.server.serving import RunningVenue, running_venue

ROOT = Path(__file__).parents[4]
_PATIENCE = 120.0
_BEHIND = 30_000
"""Milliseconds by which the venue's market is behind this machine."""


@pytest.fixture(scope="module")
def venue() -> Iterator[RunningVenue]:
    with running_venue(start=time.time_ns() // 1_000_000 - _BEHIND) as found:
        yield found


def is_alive(process: int) -> bool:
    """Whether the process runs; one that has ended and was not waited for yet does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads the state of a process from /proc")
@pytest.mark.parametrize("after", [1, 2], ids=["while it starts", "while it trades"])
def test_a_sandbox_ends_where_its_bot_is_killed(tmp_path: Path, venue: RunningVenue, after: int) -> None:
    words = (str(tmp_path), venue.url, str(closed_port()))
    with subprocess.Popen(
        [sys.executable, "-m", "tests.infra.telegram.sandbox.lone_bot", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as bot:
        assert bot.stdout is not None
        assert bot.stderr is not None
        Thread(target=bot.stderr.read, daemon=True).start()
        lines = [bot.stdout.readline() for _ in range(after)]
        bot.kill()
        bot.wait()
    sandbox = int(lines[0])
    until = time.monotonic() + _PATIENCE
    try:
        assert lines[after - 1], "the bot has ended by itself"
        while is_alive(sandbox) and time.monotonic() < until:
            time.sleep(0.05)
        assert not is_alive(sandbox), "the sandbox outlived its bot"
    finally:
        with suppress(ProcessLookupError):
            os.kill(sandbox, 9)
