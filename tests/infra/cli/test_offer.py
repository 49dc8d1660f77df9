"""The end of `make demo`: on a terminal it offers the dashboard, elsewhere it ends."""

from __future__ import annotations

import os
import pty
import re
import select
import socket
import subprocess
from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Self

import httpx2
import pytest

from tests.infra.cli.conftest import Whence
from tests.journeys.program import PATIENCE, WHENCE, environment

DEMO = ("paper", "--bars", "300", "--offer-api", "--fresh")
INTERRUPT, END = b"\x03", b"\x04"


class Terminal:
    """A program on a terminal of its own; `text` is what it has printed so far."""

    def __init__(self, folder: Path, *words: str, **more: str) -> None:
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            # setsid gives the program the terminal as its own, so that Ctrl-C is a signal to it.
            ["setsid", "--ctty", "--wait", WHENCE, *words],
            cwd=folder,
            env=environment(**more),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        self.text = ""
        # A read may end within a character.
        self._decoder = getincrementaldecoder("utf-8")()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._ours)  # the program gets a hangup where it still runs
        self._process.wait(PATIENCE)

    def type(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def wait_for(self, words: str) -> None:
        """Reads until the program has printed these words; fails where it ends before."""
        while words not in self.text:
            assert self._read(), f"{words} is missing in:\n{self.text}"

    def ended(self) -> int:
        """Reads until the program ends; returns its exit code."""
        while self._read():
            pass
        return self._process.wait(PATIENCE)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], PATIENCE)
        assert ready, self.text
        try:
            read = os.read(self._ours, 65_536)
        except OSError:  # Linux: the last process of the terminal has ended
            return False
        self.text += self._decoder.decode(read)
        return bool(read)


@pytest.fixture
def opened(tmp_path: Path) -> Path:
    """A pipe that receives the address which `browser` opens."""
    pipe = tmp_path / "opened"
    os.mkfifo(pipe)
    return pipe


@pytest.fixture
def browser(tmp_path: Path, opened: Path) -> str:
    """The path of a browser that reports the address it opens."""
    program = tmp_path / "browser"
    program.write_text(f'#!/bin/sh\necho "$1" > "{opened}"\n')
    program.chmod(0o755)
    return str(program)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which another program listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        yield int(listening.getsockname()[1])


def test_enter_opens_the_dashboard_in_a_browser_on_a_free_port_until_ctrl_c(
    tmp_path: Path, browser: str, opened: Path, taken: int
) -> None:
    with Terminal(tmp_path, *DEMO, "--port", str(taken), BROWSER=browser) as terminal:
        terminal.wait_for("Ctrl-D exits without it")
        terminal.type(b"\n")
        address = opened.read_text().strip()
        page = httpx2.get(address, timeout=PATIENCE)
        terminal.type(INTERRUPT)
        code = terminal.ended()
    found = re.search(r"dashboard on (\S+),", terminal.text)
    assert found, terminal.text
    assert found[1] == address
    assert f":{taken}/" not in address
    assert page.status_code == 200
    assert "<title>Whence</title>" in page.text
    assert code == 0


@pytest.mark.parametrize("key", [INTERRUPT, END], ids=["Ctrl-C", "Ctrl-D"])
def test_the_demo_ends_without_an_api_where_the_offer_is_declined(tmp_path: Path, key: bytes) -> None:
    with Terminal(tmp_path, *DEMO) as terminal:
        terminal.wait_for("Ctrl-D exits without it")
        terminal.type(key)
        assert terminal.ended() == 0
    assert "API on" not in terminal.text


def test_the_demo_offers_nothing_without_a_terminal_and_names_the_dashboard(whence: Whence) -> None:
    done = whence(*DEMO)
    assert done.code == 0
    assert "The dashboard shows this log in a browser" in done.out
    assert "Enter" not in done.out + done.err
