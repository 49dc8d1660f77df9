"""The process after a signal was detected: both committees judge it on the current portfolio."""

from __future__ import annotations

from collections.abc import Sequence

from commands.processes.moment import Moment
from commands.routes import Command
from commands.scorer import without_score
from commands.signal import RecordDecision, RecordScores
from domain.arms.split import Arm, Side, side_of
from domain.committees import View, decide
from domain.scored import ScoreOutcome, SignalScored
from domain.signal import DecisionMade, SignalDetected, in_arm


def judge(moment: Moment) -> Sequence[Command]:
    """The command that records the decision, which may be to skip the signal.

    While models are in force, their scores are recorded first, and the score of the model that decides leads to the
    decision: the champion's, where entries are not split.
    """
    signal = moment.envelope.event
    assert isinstance(signal, SignalDetected)
    scores = _scores(moment, signal)
    recorded: list[Command] = [RecordScores(moment.subject, scores)] if scores else []
    side = side_of_entry(moment, signal)
    if scores and side.model is not None:
        return recorded  # the decision follows from the score
    decision = judged(signal, view_of(moment, signal.instrument), side, moment.policy)
    return [*recorded, RecordDecision(moment.subject, decision)]


def side_of_entry(moment: Moment, signal: SignalDetected) -> Side:
    """The arm of the signal, and what decides there. An exit and a grid are in none."""
    models = moment.portfolio.models
    if not signal.is_scored:
        return Side(Arm.NONE, models.champion)
    return side_of(signal.fact, moment.portfolio.settings.settings.arms, models)


def judged(signal: SignalDetected, view: View, side: Side, policy: int) -> DecisionMade:
    """The decision in this arm; `policy` is the version of the run, which that of the arm replaces."""
    return in_arm(decide(signal, view, side.policy or policy), side.arm)


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
