"""The process after a signal was detected: both committees judge it on the current portfolio."""

from __future__ import annotations

from collections.abc import Sequence

from commands.processes.moment import Moment
from commands.routes import Command
from commands.scorer import without_score
from commands.signal import RecordDecision, RecordScores
from domain.committees import View, decide
from domain.model import ModelRole
from domain.scored import ScoreOutcome, SignalScored
from domain.signal import SignalDetected


def judge(moment: Moment) -> Sequence[Command]:
    """The command that records the decision, which may be to skip the signal.

    While models are in force, their scores are recorded first, and the champion's score leads to the decision.
    """
    signal = moment.envelope.event
    assert isinstance(signal, SignalDetected)
    scores = _scores(moment, signal)
    recorded: list[Command] = [RecordScores(moment.subject, scores)] if scores else []
    if scores and scores[0].role is ModelRole.CHAMPION:
        return recorded  # the decision follows from the score
    view = view_of(moment, signal.instrument)
    return [*recorded, RecordDecision(moment.subject, decide(signal, view, moment.policy))]


def _scores(moment: Moment, signal: SignalDetected) -> tuple[SignalScored, ...]:
    """A score of every model in force, the champion's first; none for a signal that is not scored.

    One that nobody returned has failed.
    """
    scoring = moment.portfolio.models.scoring
    if not scoring or not signal.is_scored:
        return ()
    found = {(one.role, one.model): one for one in moment.scores.get(moment.subject, ())}
    return tuple(
        found.get((role, model.sha256)) or without_score(role, model, None, ScoreOutcome.FAILED, _UNSCORED)
        for role, model in scoring
    )


_UNSCORED = "no score of this model was made"


def view_of(moment: Moment, instrument: str, score: SignalScored | None = None) -> View:
    """The committees' view of the portfolio at this moment, for an entry in the instrument with this score."""
    return View(
        now=moment.now,
        settings=moment.portfolio.settings,
        instrument=moment.portfolio.instruments.get(instrument),
        portfolio=moment.portfolio,
        score=score,
    )
