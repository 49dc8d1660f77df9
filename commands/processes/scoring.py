"""The process after a score was recorded: the champion's leads to the decision."""

from __future__ import annotations

from collections.abc import Sequence

from commands.processes.deciding import view_of
from commands.processes.moment import Moment
from commands.routes import Command
from commands.signal import RecordDecision
from domain.committees import decide
from domain.model import ModelRole
from domain.scored import SignalScored
from domain.signal import Detected


def judge_scored(moment: Moment) -> Sequence[Command]:
    """The command that records the decision on the signal, by the champion's score; none for a challenger's."""
    score = moment.envelope.event
    assert isinstance(score, SignalScored)
    state = moment.branch.state(moment.envelope.meta.stream)
    if score.role is not ModelRole.CHAMPION:
        return ()
    assert isinstance(state, Detected)
    view = view_of(moment, state.signal.instrument, score)
    return [RecordDecision(moment.subject, decide(state.signal, view, moment.policy))]
