"""Missing market data is stated once, with its reason, and so is its return."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from commands.feed import FeedState
from infra.run.feed_outages import FeedOutages
from tests.domain.history import NOW

NAMES = [f"{letter}USDT-LINEAR.BYBIT" for letter in "ABCDE"]


def state(name: str, fault: str = "", retry: int | None = None) -> FeedState:
    """Heard five seconds ago; with a fault nothing arrives, and `retry` seconds from now the feed connects again."""
    return FeedState(
        instrument=name,
        is_live=not fault,
        heard_at=NOW - timedelta(seconds=5),
        dropped=0,
        fault=fault,
        retry_at=None if retry is None else NOW + timedelta(seconds=retry),
    )


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    found = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    caplog.clear()
    return found


def test_an_outage_is_stated_once_with_its_reason_and_the_next_try(caplog: pytest.LogCaptureFixture) -> None:
    outages = FeedOutages()
    outages.look([state(name) for name in NAMES], NOW)
    assert lines(caplog) == []
    down = [state(name, "cut", retry=9) for name in NAMES]
    outages.look(down, NOW)
    (line,) = lines(caplog)
    since, retry = "2025-04-03T11:59:55+00:00", "2025-04-03T12:00:09+00:00"
    assert (
        line == f"no market data of {', '.join(NAMES[:3])} and 2 more since {since}: cut; next try at {retry}"
    )
    outages.look([state(name, "refused") for name in NAMES], NOW)
    assert lines(caplog) == []


def test_connections_with_different_faults_have_a_line_each_and_their_return_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outages = FeedOutages()
    outages.look([state(NAMES[0], "cut"), state(NAMES[1], "refused", retry=1), state(NAMES[2])], NOW)
    first, second = lines(caplog)
    assert (first.partition(": ")[2], second.partition(": ")[2]) == (
        "cut; next try under way",
        "refused; next try at 2025-04-03T12:00:01+00:00",
    )
    outages.look([state(name) for name in NAMES], NOW + timedelta(seconds=7))
    assert lines(caplog) == [f"market data of {NAMES[0]}, {NAMES[1]} arrives again, after 12 s"]
    outages.look([state(NAMES[0], "cut")], NOW)
    assert len(lines(caplog)) == 1


def test_an_instrument_that_is_not_connected_yet_is_no_outage(caplog: pytest.LogCaptureFixture) -> None:
    waiting = FeedState(instrument=NAMES[0], is_live=False, heard_at=None, dropped=0, fault="")
    FeedOutages().look([waiting], NOW)
    assert lines(caplog) == []
