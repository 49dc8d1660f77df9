"""A pytest plugin: closes the desks that a test leaves open, such as one that fails before it closes its own.

The threads of an open desk call `random`, and Hypothesis refuses every later test of a process in which another thread
does. A desk that a fixture of a wider scope has opened stays open: only those of the test itself are closed.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol

import pytest


class Desk(Protocol):
    """Anything with threads that a test opens."""

    def close(self) -> None: ...


_open: list[Desk] = []
_OF_THE_TEST = pytest.StashKey[list[Desk]]()


def opened(desk: Desk) -> None:
    """Notes an open desk."""
    _open.append(desk)


def closed(desk: Desk) -> None:
    """Forgets a desk, which is being closed."""
    _open[:] = [one for one in _open if one is not desk]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Notes which desks the test opens."""
    before = list(_open)
    try:
        return (yield)
    finally:
        item.stash[_OF_THE_TEST] = [one for one in _open if all(one is not other for other in before)]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Closes, after the fixtures of the test, the desks that it has opened and left open. Raises what they raise."""
    try:
        return (yield)
    finally:
        left = [
            one for one in item.stash.get(_OF_THE_TEST, list[Desk]()) if any(one is other for other in _open)
        ]
        faults: list[Exception] = []
        for one in left:
            closed(one)
            try:
                one.close()
            except Exception as fault:  # noqa: BLE001  # raised below, after the others are closed
                faults.append(fault)
        if faults:
            raise ExceptionGroup("desks that the test left open could not be closed", faults)
