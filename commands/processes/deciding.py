"""The process after a signal was detected: both committees judge it on the current portfolio."""

from __future__ import annotations

from collections.abc import Sequence

from commands.processes.moment import Moment
from commands.routes import Command
from commands.signal import RecordDecision
from domain.committees import View, decide
from domain.signal import SignalDetected


def judge(moment: Moment) -> Sequence[Command]:
    """The command that records the decision, which may be to skip the signal."""
    signal = moment.envelope.event
    assert isinstance(signal, SignalDetected)
    view = view_of(moment, signal.instrument)
    return [RecordDecision(moment.subject, decide(signal, view, moment.policy))]


def view_of(moment: Moment, instrument: str) -> View:
    """The committees' view of the portfolio at this moment, for an entry in the instrument."""
    return View(
        now=moment.now,
        settings=moment.portfolio.settings,
        instrument=moment.portfolio.instruments.get(instrument),
        portfolio=moment.portfolio,
    )
