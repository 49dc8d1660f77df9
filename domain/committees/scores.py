"""The member that judges an entry by the score of the model that decides: the champion's, or in arm B the one that
the settings name. It votes only while a model decides.

A score that is late, failed or without its features is a vote against: an entry that this model did not judge is not
made. Exits have no score, and are never prevented by one. A grid has none either, because no model was trained on one:
the member approves it, and its figures state that it was not scored.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.committees.case import Case
from domain.committees.member import Judgement, Member, Rule, judgement
from domain.models.limits import judged
from domain.scored import ScoreOutcome
from domain.signal import Chamber

_REASONS: Mapping[ScoreOutcome, str] = {
    ScoreOutcome.LATE: "SCORE_LATE",
    ScoreOutcome.FAILED: "SCORE_FAILED",
    ScoreOutcome.FEATURES_MISSING: "SCORE_MISSING",
}


def score_members(case: Case) -> tuple[Member, ...]:
    """The member `model`, where the view has the score of the model that decides."""
    return tuple(rule.member for rule in RULES if rule.is_on(case))


def model(case: Case) -> Judgement:
    """The model that decides expects enough: its confidence, its risk and its expected return are within the limits.

    The figures are those of `domain.models.score.Score`, the limits those of `domain.models.settings.ModelSettings`.
    """
    score = case.view.score
    if score is None:
        champion = case.view.portfolio.models.champion
        if champion is None or case.entry.grid is None:
            raise ValueError("no model has scored the entry")
        return judgement({}, model=champion.sha256, detail=_NO_GRID)
    limits = case.view.settings.settings.models_of(case.entry.owner)
    confidence, risk, expected = score.confidence, score.risk, score.expected_return
    if confidence is None or risk is None or expected is None:
        reason = _REASONS.get(score.outcome, "SCORE_FAILED")
        return judgement(
            {reason: True},
            model=score.model,
            outcome=score.outcome.value,
            detail=score.detail,
            in_a_row=case.view.portfolio.unscored.get(score.model, 0),
        )
    return judgement(
        judged(confidence, risk, expected, limits),
        model=score.model,
        confidence=confidence,
        minimum_confidence=limits.minimum_confidence,
        risk=risk,
        maximum_risk=limits.maximum_risk,
        expected_return=expected,
        minimum_return=limits.minimum_return,
    )


def _votes(case: Case) -> bool:
    """Whether a model has scored the entry, or has not because it is a grid; never on an order of a person."""
    if case.entry.origin is None:
        return False
    if case.view.score is not None:
        return True
    return case.entry.grid is not None and case.view.portfolio.models.champion is not None


_NO_GRID = "a grid is not scored"

RULES: tuple[Rule[Case], ...] = (Rule(Member("model", Chamber.ALPHA, model), _votes),)
"""The member that votes on an entry, after those of weights."""
