"""The log of the program names a position that becomes bare once, and once more when that is over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.exchange import Cancelled
from commands.reconciliation import BeginReconciliation, EndReconciliation, ResolveDiscrepancy, recorded
from domain.direction import Direction
from domain.reconciliation.differences import PositionUnknownToThem
from domain.reconciliation.statement import StatedPosition
from infra.run.bare_positions import NOTED_AFTER, WAITED, BarePositions
from tests.commands.desk import a_fill_of
from tests.commands.test_watchdog import Watched, ended
from tests.domain.history import BTC, D


class Lines:
    """A position of 50 that has just filled, and whoever writes the lines about it, as time passes."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self.watched, self.given_up = Watched(), list[str]()
        self.watched.fills("50")
        self.now = self.watched.desk.at
        self.bare = BarePositions(self.watched.dog, lambda: self.given_up, lambda: self.now)
        self._caplog = caplog

    def after(self, seconds: float) -> list[str]:
        """What is logged so many seconds later."""
        self.now = self.watched.desk.at + timedelta(seconds=seconds)
        self._caplog.clear()
        self.bare.look()
        return [f"{one.levelname} {one.getMessage()}" for one in self._caplog.records]


def test_a_position_without_a_stop_is_logged_once_and_once_more_when_it_is_covered(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lines = Lines(caplog)
    assert lines.after(1) == []
    (line,) = lines.after(NOTED_AFTER.total_seconds())
    assert line.startswith(f"WARNING LONG 50 {BTC} has no stop at the exchange since")
    assert "open for 0:00:05, last price" in line
    assert lines.after(60) == []
    lines.watched.rests()
    (line,) = lines.after(60)
    assert line.startswith(f"WARNING LONG 50 {BTC} is covered by a stop again at 98.0, after ")
    assert lines.after(61) == []


def test_while_the_log_is_being_compared_a_warning_waits_for_the_outcome_but_not_for_ever(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lines = Lines(caplog)
    lines.watched.desk.ask(BeginReconciliation("a stop has ended"), cause="exchange:test:begin")
    assert lines.after(3) == []
    lines.watched.desk.ask(EndReconciliation(0, 0), cause="exchange:test:end")
    assert len(lines.after(3)) == 1
    unreachable = Lines(caplog)
    unreachable.watched.desk.ask(BeginReconciliation("no response"), cause="exchange:test:begin")
    assert len(unreachable.after(WAITED.total_seconds())) == 1
    assert unreachable.after(WAITED.total_seconds() + 1) == []


def test_a_bare_position_that_the_exchange_does_not_have_is_logged_with_the_discrepancy_and_what_resolves_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lines = Lines(caplog)
    assert lines.after(5)[0].endswith(": move its stop, or close it")
    held = StatedPosition(BTC, Direction.LONG, D(50))
    gone = recorded(PositionUnknownToThem(subject=BTC, ours=held))
    lines.watched.desk.ask(gone, cause="exchange:test:gone")
    (line,) = lines.after(6)
    assert f"the exchange does not have the position ({gone.discrepancy_id}): permit the adoption" in line
    assert "move its stop" not in line
    assert lines.after(7) == []
    back = ResolveDiscrepancy(gone.discrepancy_id, "it is there again")
    lines.watched.desk.ask(back, cause="exchange:test:back")
    assert lines.after(8)[0].endswith(": move its stop, or close it")


def test_the_stop_of_an_entry_that_is_confirmed_after_a_moment_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lines = Lines(caplog)
    assert lines.after(1) == []
    lines.watched.rests()
    assert lines.after(60) == []


def test_a_bare_position_that_is_closed_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    lines = Lines(caplog)
    lines.after(5)
    lines.watched.tell(a_fill_of(f"{lines.watched.chain}-t1", "out", D(50), D(106)))
    (line,) = lines.after(5)
    assert line.startswith(f"WARNING {BTC} is closed, after ")


def test_a_position_that_loses_its_stop_again_is_logged_again(caplog: pytest.LogCaptureFixture) -> None:
    lines = Lines(caplog)
    lines.watched.rests()
    lines.watched.tell(ended(Cancelled, lines.watched))
    assert len(lines.after(5)) == 1


def test_a_stop_that_the_engine_places_no_more_is_an_error_with_what_to_do(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lines = Lines(caplog)
    lines.after(5)
    (held,) = lines.watched.dog.positions()
    lines.given_up.append(held.stream)
    (line,) = lines.after(6)
    assert line.startswith(f"ERROR the stop of {held.stream} ended as often as it was placed")
    assert "move the stop, or close the position" in line
    assert lines.after(7) == []
