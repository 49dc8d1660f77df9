"""Parameters from settings: numbers, also as text, are read and checked; all faults are reported in one error."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

import pytest

from domain.errors import InvalidSettings
from domain.strategies.builtin import BUILTIN
from domain.strategies.trend import TrendFollowing
from domain.strategies.trend_parameters import TrendParameters


def test_without_parameters_the_defaults_apply() -> None:
    assert TrendFollowing.from_parameters({}) == TrendFollowing(TrendParameters())


def test_numbers_and_numbers_as_text_are_equal() -> None:
    spelled = TrendFollowing.from_parameters({"fast": "10", "slow": "30", "stop_atrs": " 1.5 ", "rsi": "7.0"})
    assert spelled == TrendFollowing.from_parameters({"fast": 10, "slow": 30.0, "stop_atrs": 1.5, "rsi": 7})
    assert spelled.parameters == TrendParameters(fast=10, slow=30, stop_atrs=1.5, rsi=7)
    assert isinstance(spelled.parameters.rsi, int)


@pytest.mark.parametrize(
    ("name", "raw", "complaint"),
    [
        ("fast", "soon", "fast must be a whole number in the digits 0 to 9, not 'soon'"),
        ("fast", "", "fast must be a whole number in the digits 0 to 9, not ''"),
        ("fast", 20.5, "fast must be a whole number in the digits 0 to 9, not 20.5"),
        ("fast", True, "fast must be a whole number in the digits 0 to 9, not True"),
        ("fast", "inf", "fast must be a whole number in the digits 0 to 9, not 'inf'"),
        ("fast", "\u0662\u0660", "fast must be a whole number in the digits 0 to 9, not '\u0662\u0660'"),
        ("slow", "1_00", "slow must be a whole number in the digits 0 to 9, not '1_00'"),
        ("stop_atrs", "\uff12.5", "stop_atrs must be a finite number in the digits 0 to 9, not '\uff12.5'"),
        ("fast", 1, "fast must be at least 2 bars, not 1"),
        ("slow", 20, r"slow must be more bars than fast \(20\), not 20"),
        ("trend", 50, r"trend must be more bars than slow \(50\), not 50"),
        ("rsi", 0, "rsi must be at least 2 bars, not 0"),
        ("adx", -3, "adx must be at least 2 bars, not -3"),
        ("atr", 1, "atr must be at least 2 bars, not 1"),
        ("trend", 10_001, "trend must be at most 10000 bars, not 10001"),
        ("fast", "1e300", "fast = '1e300' is too large"),
        ("rsi_overbought", 50, "rsi_overbought must be above 50 and at most 100, not 50"),
        ("rsi_overbought", "100.1", "rsi_overbought must be above 50 and at most 100, not 100.1"),
        ("rsi_oversold", -1, "rsi_oversold must be at least 0 and below 50, not -1"),
        ("adx_minimum", 101, "adx_minimum must be from 0 to 100, not 101"),
        ("stop_atrs", 0, "stop_atrs must be above 0 and at most 100, not 0"),
        ("stop_atrs", "nan", "stop_atrs must be a finite number in the digits 0 to 9, not 'nan'"),
        ("target_atrs", 1e9, "target_atrs must be above 0 and at most 100, not 1000000000.0"),
        ("fsat", 20, "no such parameter: fsat; there are fast, slow, trend, rsi, rsi_overbought"),
    ],
)
def test_an_invalid_parameter_is_refused_by_name(name: str, raw: str | float, complaint: str) -> None:
    with pytest.raises(InvalidSettings, match=f"strategy trend: {complaint}"):
        TrendFollowing.from_parameters({name: raw})


@pytest.mark.parametrize(
    "name", ["rsi_overbought", "rsi_oversold", "adx_minimum", "stop_atrs", "target_atrs"]
)
def test_a_nan_given_to_the_class_is_refused(name: str) -> None:
    given: dict[str, Any] = {name: float("nan")}
    with pytest.raises(InvalidSettings, match=f"{name} must be"):
        TrendParameters(**given)


def test_all_faults_are_reported_in_one_error() -> None:
    with pytest.raises(InvalidSettings, match=r"fast must be .*; adx_minimum must be"):
        TrendFollowing.from_parameters({"fast": 1, "adx_minimum": -1})


@pytest.mark.parametrize("name", BUILTIN)
def test_a_built_in_strategy_has_the_name_it_is_registered_under(name: str) -> None:
    assert BUILTIN[name]({}).name == name


def test_a_built_in_strategy_takes_its_parameters() -> None:
    assert BUILTIN["trend"]({"fast": "5"}) == TrendFollowing(TrendParameters(fast=5))


WHOLE = [
    (name, parameter)
    for name in BUILTIN
    for parameter, default in asdict(cast("Any", BUILTIN[name]({})).parameters).items()
    if isinstance(default, int)
]


@pytest.mark.parametrize("raw", [1_000_000, "1e15", 1e300])
@pytest.mark.parametrize(("name", "parameter"), WHOLE)
def test_a_whole_parameter_without_a_sensible_size_is_refused_by_name(
    name: str, parameter: str, raw: str | float
) -> None:
    with pytest.raises(InvalidSettings, match=f"strategy {name}: .*{parameter} (must be|=)"):
        BUILTIN[name]({parameter: raw})
