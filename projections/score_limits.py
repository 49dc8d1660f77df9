"""The limits by which the champion's score of an entry was judged, and which other scores of it they let through.

The vote of the member `model` states the limits that were in force for the instance of the entry, so a score of a
challenger is judged as it would have been if that model had been the champion.
"""

from __future__ import annotations

from domain.arms.split import Arm
from domain.models.settings import BOUNDS, ModelSettings
from domain.signal import DecisionMade


def limits_of(decision: DecisionMade) -> ModelSettings | None:
    """The limits that the vote of `model` states; None where no champion's score was judged.

    In arm B the challenger's score, or another policy, decides: what was traded there is not what the champion let
    through, so it is in no comparison with the champion.
    """
    if decision.arm is Arm.B:
        return None
    for vote in decision.votes:
        if vote.member == "model" and BOUNDS.keys() <= vote.figures.keys():
            return ModelSettings(**{name: float(vote.figures[name]) for name in BOUNDS})
    return None


def lets_through(
    confidence: float | None, risk: float | None, expected_return: float | None, limits: ModelSettings
) -> bool:
    """Whether the member `model` would approve an entry with this score; never where a figure is missing."""
    return (
        confidence is not None
        and risk is not None
        and expected_return is not None
        and confidence >= limits.minimum_confidence
        and risk < limits.maximum_risk
        and expected_return > limits.minimum_return
    )
