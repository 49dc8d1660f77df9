"""A gate judges by the limits in force, and a difference between both is a sentence."""

from __future__ import annotations

import msgspec

from domain.learning.settings import Thresholds
from domain.models.file import ModelFile, read_file
from domain.models.settings import ModelSettings, OwnModelSettings
from domain.settings import Settings, StrategySettings
from infra.learning.limits_in_force import difference, thresholds_of, with_difference
from tests.domain.models.files import raw

STRICT = ModelSettings(minimum_confidence=0.8, maximum_risk=0.2, minimum_return=0.001)


def _file(thresholds: Thresholds) -> ModelFile:
    stated = msgspec.to_builtins(thresholds)
    return read_file(raw(parameters={f"threshold_{name}": value for name, value in stated.items()}))


def test_a_gate_that_judged_by_the_limits_in_force_differs_in_nothing() -> None:
    file = _file(thresholds_of(STRICT))
    assert difference(file, Settings(models=STRICT)) == ""
    assert with_difference("better", file, Settings(models=STRICT)) == "better"


def test_limits_of_the_account_and_of_an_instance_that_are_not_the_gates_are_named() -> None:
    own = StrategySettings("trend", models=OwnModelSettings(minimum_confidence=0.9))
    settings = Settings(models=STRICT, strategies=(own, StrategySettings("macd")))
    assert with_difference("better", _file(Thresholds()), settings) == (
        "better; its gate judged by confidence 0.65, risk 0.3, return 0, in force is confidence 0.8, risk 0.2, return "
        "0.001 of the account, confidence 0.9, risk 0.2, return 0.001 of trend"
    )


def test_a_file_that_does_not_state_the_limits_of_its_gate_has_no_difference() -> None:
    assert difference(read_file(raw()), Settings(models=STRICT)) == ""
