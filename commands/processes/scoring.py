"""The process after a score was recorded: that of the model that decides leads to the decision."""

from __future__ import annotations

from collections.abc import Sequence

from commands.processes.deciding import judged, side_of_entry, view_of
from commands.processes.moment import Moment
from commands.routes import Command
from commands.signal import RecordDecision
from domain.scored import SignalScored
from domain.signal import Detected


def judge_scored(moment: Moment) -> Sequence[Command]:
    """The command that records the decision on the signal, by the deciding model's score; none for another's."""
    score = moment.envelope.event
    assert isinstance(score, SignalScored)
    state = moment.branch.state(moment.envelope.meta.stream)
    assert isinstance(state, Detected)
    side = side_of_entry(moment, state.signal)
    if side.model is None or side.model.sha256 != score.model:
        return ()
    view = view_of(moment, state.signal.instrument, score)
    return [RecordDecision(moment.subject, judged(state.signal, view, side, moment.policy))]
