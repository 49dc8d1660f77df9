"""A test that fails with an open desk leaves no thread to the tests after it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
TESTS = """
import random, threading
import pytest
from hypothesis import given, strategies as st
from tests.infra.run import left_open


class Desk:
    def __init__(self):
        self.is_closed = threading.Event()
        self.thread = threading.Thread(target=self.work, name="desk", daemon=True)
        self.thread.start()
        left_open.opened(self)

    def work(self):
        while not self.is_closed.wait(0.0001):
            random.random()

    def close(self):
        self.is_closed.set()
        self.thread.join()


@pytest.fixture(scope="module")
def of_the_module():
    desk = Desk()
    desk.is_closed.set()  # it is open, and its thread has ended
    yield desk
    left_open.closed(desk)


class Unclosable(Desk):
    def close(self):
        super().close()
        raise OSError("the venue is gone")


def test_fails_with_open_desks(of_the_module):
    Unclosable()
    Desk()
    raise AssertionError("it fails")


@given(st.integers())
def test_after_it(number):
    assert "desk" not in {one.name for one in threading.enumerate()}


def test_a_desk_of_the_module_is_left_open(of_the_module):
    assert of_the_module in left_open._open
"""


def test_desks_that_a_failed_test_left_open_are_closed_and_the_tests_after_it_pass(tmp_path: Path) -> None:
    file = tmp_path / "test_desks.py"
    file.write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    words = ("-m", "pytest", "-q", "-p", "tests.infra.run.left_open", "-p", "no:cacheprovider")
    done = subprocess.run(
        [sys.executable, *words, "-c", str(tmp_path / "pytest.ini"), str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 failed, 2 passed, 1 error" in done.stdout, done.stdout + done.stderr
    assert "desks that the test left open could not be closed" in done.stdout
