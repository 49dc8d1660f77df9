"""The rule by which a score is judged, for the member `model` and for the profit of a challenger alike."""

from __future__ import annotations

from collections.abc import Mapping

from domain.models.settings import ModelSettings


def judged(
    confidence: float, risk: float, expected_return: float, limits: ModelSettings
) -> Mapping[str, bool]:
    """By each reason against an entry, whether a score with these figures is refused for it.

    A figure that is no number is refused. The figures are those of `domain.models.score.Score`.
    """
    return {
        "SCORE_CONFIDENCE_TOO_LOW": not limits.minimum_confidence <= confidence <= 1,
        "SCORE_RISK_TOO_HIGH": not 0 <= risk < limits.maximum_risk,
        "SCORE_RETURN_TOO_LOW": not expected_return > limits.minimum_return,
    }
