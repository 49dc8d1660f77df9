"""`whence book` over loopback: one frame to a pipe, frames on a terminal until Ctrl-C, an error without a book."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.adapters.simulated.server.serving import RunningVenue, running_venue
from tests.journeys.program import PATIENCE, WHENCE, environment, whence


@pytest.fixture(scope="module")
def venue() -> Generator[RunningVenue]:
    with running_venue() as running:
        yield running


def test_to_a_pipe_the_first_known_book_is_printed_once(venue: RunningVenue, tmp_path: Path) -> None:
    done = whence(tmp_path, "book", "BTCUSDT", "--levels", "3", "--depth", "50", "--address", venue.url)
    assert done.returncode == 0, done.stderr
    assert "BTCUSDT-LINEAR.BYBIT  live, update" in done.stdout
    assert "50000.1" in done.stdout
    assert "\x1b" not in done.stdout


def test_on_a_terminal_frames_follow_until_ctrl_c_and_the_screen_is_restored(
    venue: RunningVenue, tmp_path: Path
) -> None:
    screen, terminal = pty.openpty()
    words = (WHENCE, "book", "BTCUSDT", "--levels", "3", "--depth", "50", "--address", venue.url)
    with subprocess.Popen(
        words,
        cwd=tmp_path,
        env=environment(TERM="xterm", LINES="40"),
        stdout=terminal,
        stderr=subprocess.PIPE,
    ) as program:
        os.close(terminal)
        shown = b""
        while shown.count(b"live, update") < 3:
            shown += os.read(screen, 65_536)
        program.send_signal(signal.SIGINT)
        rest = _until_closed(screen)
        assert program.wait(PATIENCE) == 0
        assert program.stderr is not None
        assert program.stderr.read() == b""
    assert b"\x1b[?1049h" in shown
    assert b"\x1b[?1049l" in rest


def test_an_instrument_without_a_book_is_an_error_that_names_it(venue: RunningVenue, tmp_path: Path) -> None:
    done = whence(tmp_path, "book", "NOSUCHUSDT", "--patience", "3", "--address", venue.url)
    assert done.returncode == 1
    assert "no order book of NOSUCHUSDT-LINEAR.BYBIT came" in done.stderr
    assert "subscribe refused" in done.stderr
    assert "Traceback" not in done.stderr


def _until_closed(screen: int) -> bytes:
    """What the program writes until it ends: a terminal without a program refuses to be read."""
    found = b""
    while True:
        try:
            read = os.read(screen, 65_536)
        except OSError:
            return found
        if not read:
            return found
        found += read
