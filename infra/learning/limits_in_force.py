"""The limits by which a model's gate judged, beside those by which entries are traded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from domain.learning.settings import Thresholds
from domain.models.file import ModelFile
from domain.models.settings import ModelSettings
from domain.settings import Settings

_JUDGED: Final = ("threshold_confidence", "threshold_risk", "threshold_expected_return")
"""The parameters of a model file that state the limits of its gate."""


def thresholds_of(limits: ModelSettings) -> Thresholds:
    """The thresholds of a training whose gate judges by these limits."""
    return Thresholds(
        confidence=limits.minimum_confidence,
        risk=limits.maximum_risk,
        expected_return=limits.minimum_return,
    )


def difference(file: ModelFile, settings: Settings) -> str:
    """Which limits in force, of the account and of instances with their own, are not those of the gate, as a sentence.

    Empty where there are none, and for a file that does not state the limits of its gate.
    """
    stated = [file.parameters.get(name) for name in _JUDGED]
    judged = tuple(float(one) for one in stated if isinstance(one, int | float))
    if len(judged) < len(_JUDGED):
        return ""
    others = [f"{_figures(traded)} of {owner}" for owner, traded in _in_force(settings) if traded != judged]
    return f"its gate judged by {_figures(judged)}, in force is {', '.join(others)}" if others else ""


def with_difference(reason: str, file: ModelFile, settings: Settings) -> str:
    """The reason of a promotion, and after it the difference of the limits, where there is one."""
    found = difference(file, settings)
    return f"{reason}; {found}" if found else reason


def _in_force(settings: Settings) -> Iterator[tuple[str, tuple[float, ...]]]:
    yield "the account", _limits(settings.models)
    for one in settings.strategies:
        if one.models is not None:
            yield one.instance, _limits(settings.models_of(one.instance))


def _limits(limits: ModelSettings) -> tuple[float, ...]:
    return limits.minimum_confidence, limits.maximum_risk, limits.minimum_return


def _figures(limits: tuple[float, ...]) -> str:
    confidence, risk, expected = limits
    return f"confidence {confidence:g}, risk {risk:g}, return {expected:g}"
