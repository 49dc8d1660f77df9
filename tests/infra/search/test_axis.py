"""What --search accepts, what it tries, and what it refuses before the first trial."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from decimal import Decimal

import pytest

from domain.errors import InvalidInput
from domain.filters.settings import BOUNDS, FilterSettings, OwnFilterSettings
from domain.limits.settings import OwnLimitSettings
from domain.regimes.settings import RegimeLimits
from domain.settings import OwnFlipSettings, OwnIntentSettings, Settings, StrategySettings
from domain.sizing.settings import BOUNDS as SIZING_BOUNDS
from domain.sizing.settings import OwnSizingSettings
from infra.config import WhenceSettings
from infra.run.backtest import NO_CHANGE
from infra.search.axis import axes_of, changed, points, size
from infra.search.settings_file import settings_text
from infra.trading import instances_of
from tests.replacing import replace

SETTINGS = Settings(strategies=(StrategySettings("trend"), StrategySettings(id="a.b", strategy="trend")))
FAST = "trading.strategies.trend.fast"


def check(settings: Settings) -> None:
    instances_of(settings)


def values(text: str) -> list[str]:
    (axis,) = axes_of([text], SETTINGS, check)
    return [axis.value(at) for at in range(axis.count)]


@pytest.mark.parametrize(
    ("given", "tried"),
    [
        ("5..8", ["5", "6", "7", "8"]),
        ("5..25:10", ["5", "15", "25"]),
        ("5,9,7", ["5", "9", "7"]),
        (" 5 .. 7 ", ["5", "6", "7"]),
    ],
)
def test_a_range_has_both_ends_and_a_list_its_order(given: str, tried: list[str]) -> None:
    assert values(f"{FAST}={given}") == tried


@pytest.mark.parametrize(
    ("given", "tried"),
    [
        ("0.3..0.6", ["0.3", "0.4", "0.5", "0.6"]),
        ("0.5..1:0.25", ["0.50", "0.75", "1.00"]),
        ("-.2..-.1:.05", ["-0.20", "-0.15", "-0.10"]),
    ],
)
def test_a_range_without_a_step_moves_by_its_last_digit_and_no_value_is_rounded(
    given: str, tried: list[str]
) -> None:
    assert values(f"trading.alpha.minimum_trend={given}") == tried


def test_a_point_changes_strategies_and_limits_and_nothing_else() -> None:
    texts = [
        "trading.strategies.a.b.fast=5,6",
        "trading.strategies.trend.interval=15m,1h",
        "trading.sizing.risk=0.01,0.02",
    ]
    axes = axes_of(texts, SETTINGS, check)
    assert size(axes) == len({tuple(one.items()) for one in points(axes)}) == 8
    last = list(points(axes))[-1]
    found = changed(NO_CHANGE, last, SETTINGS).settings(SETTINGS)
    assert found.strategies[0] == StrategySettings("trend", interval="1h")
    assert found.strategies[1].parameters == {"fast": "6"}
    assert found.sizing.risk == Decimal("0.02")
    assert found.risk == SETTINGS.risk


def test_a_point_sets_the_own_limits_of_an_instance() -> None:
    texts = [
        "trading.strategies.trend.minimum_trend=-1..0",
        "trading.strategies.trend.minimum_reward_to_risk=0.8,1.2",
        "trading.strategies.trend.flips.hold_seconds=60..120:60",
    ]
    first = next(iter(points(axes_of(texts, SETTINGS, check))))
    one, *others = changed(NO_CHANGE, first, SETTINGS).settings(SETTINGS).strategies
    assert (one.minimum_trend, one.minimum_reward_to_risk) == (-1.0, Decimal("0.8"))
    assert one.flips == OwnFlipSettings(hold_seconds=60)
    assert one.parameters == SETTINGS.strategies[0].parameters
    assert others == list(SETTINGS.strategies[1:])


def test_a_point_sets_the_limits_of_a_regime_and_the_file_of_its_settings_has_them() -> None:
    texts = [
        "trading.regimes.trend.minimum_trend=0.1..0.3",
        "trading.regimes.volatile.cooldown_seconds=60,600",
        "trading.regimes.confirmations=2,3",
    ]
    last = list(points(axes_of(texts, SETTINGS, check)))[-1]
    change = changed(NO_CHANGE, last, SETTINGS)
    regimes = change.settings(SETTINGS).regimes
    assert regimes.trend == RegimeLimits(minimum_trend=0.3)
    assert regimes.volatile == RegimeLimits(cooldown_seconds=600)
    assert regimes.confirmations == 3
    given: dict[str, object] = {"regimes": {"trend": {"strict_confidence": 0.9}, "period": 20}}
    written = tomllib.loads(
        settings_text(WhenceSettings(trading=given), change, change.settings(SETTINGS), "found")
    )
    assert written["trading"]["regimes"] == {
        "trend": {"strict_confidence": 0.9, "minimum_trend": 0.3},
        "volatile": {"cooldown_seconds": 600},
        "confirmations": 3,
        "period": 20,
    }


def test_every_filter_of_an_instance_but_its_list_can_be_searched() -> None:
    values: dict[str, object] = {"timeframe": "15m", **{name: most for name, (_, most) in BOUNDS.items()}}
    assert {*values, "majors"} == {field.name for field in fields(OwnFilterSettings)}
    settings = replace(SETTINGS, filters=FilterSettings(majors=("BTCUSDT-LINEAR.BYBIT",)))
    for name, value in values.items():
        point = {f"trading.strategies.trend.filters.{name}": str(value)}
        filters = changed(NO_CHANGE, point, settings).settings(settings).strategies[0].filters
        assert filters is not None
        assert filters.given == {name: value}


def test_every_setting_of_sizing_of_an_instance_can_be_searched() -> None:
    texts = {"rule": "kelly", "cut_to_max_risk": "true", "kelly_fallback": "SKIP", "by_confidence": "true"}
    texts |= {name: str(most) for name, (_, most) in SIZING_BOUNDS.items()}
    assert texts.keys() == {field.name for field in fields(OwnSizingSettings)}
    for name, text in texts.items():
        point = {f"trading.strategies.trend.sizing.{name}": text}
        one = changed(NO_CHANGE, point, SETTINGS).settings(SETTINGS).strategies[0]
        (value,) = one.own_limits.values()
        assert str(value).lower() == text.lower()


def test_a_choice_of_an_instance_that_does_not_exist_is_refused_with_the_choices() -> None:
    point = {"trading.strategies.trend.sizing.rule": "luck"}
    with pytest.raises(InvalidInput, match="'luck' is not one of FIXED, PERCENT, RISK, MINIMUM, KELLY"):
        changed(NO_CHANGE, point, SETTINGS)


def test_every_limit_of_an_instance_can_be_searched() -> None:
    for name in (field.name for field in fields(OwnLimitSettings)):
        point = {f"trading.strategies.trend.limits.{name}": "2"}
        one = changed(NO_CHANGE, point, SETTINGS).settings(SETTINGS).strategies[0]
        assert one.own_limits == {f"limits.{name}": 2}


def test_every_rule_for_flips_of_an_instance_can_be_searched() -> None:
    for name in (field.name for field in fields(OwnFlipSettings)):
        point = {f"trading.strategies.trend.flips.{name}": "0"}
        one = changed(NO_CHANGE, point, SETTINGS).settings(SETTINGS).strategies[0]
        assert one.own_limits == {f"flips.{name}": 0}


def test_every_setting_of_intents_of_an_instance_can_be_searched() -> None:
    for field in fields(OwnIntentSettings):
        text, value = ("true", True) if "bool" in str(field.type) else ("1", 1)
        point = {f"trading.strategies.trend.intents.{field.name}": text}
        one = changed(NO_CHANGE, point, SETTINGS).settings(SETTINGS).strategies[0]
        assert one.own_limits == {f"intents.{field.name}": value}


def test_a_flag_of_an_instance_that_is_neither_true_nor_false_is_refused() -> None:
    point = {"trading.strategies.trend.intents.average_down": "yes"}
    with pytest.raises(InvalidInput, match="average_down: 'yes' is neither true nor false"):
        changed(NO_CHANGE, point, SETTINGS).settings(SETTINGS)


def test_ends_that_only_some_combinations_allow_are_searched() -> None:
    axes = axes_of([f"{FAST}=5..60", "trading.strategies.trend.slow=20..100"], SETTINGS, check)
    assert size(axes) == 56 * 81


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["fast=1..2"], "write it like trading.strategies.trend.fast=5..30"),
        ([f"{FAST}="], "write it like"),
        (["trading.risk.max_position=1..2"], "no such setting; did you mean trading.risk.max_positions"),
        (["trading.strategies.trend.fats=5..9"], "no such parameter: fats; there are fast"),
        (["trading.strategies.trnd.fast=5..9"], "no strategy is called 'trnd'; did you mean"),
        ([f"{FAST}=1..9"], f"{FAST}: 1 is refused: strategy trend: fast must be at least 2 bars"),
        ([f"{FAST}=5..90"], f"{FAST}: 90 is refused: strategy trend: slow must be more bars than fast"),
        ([f"{FAST}=5..6:0.5"], f"{FAST}: 5.5 is refused: strategy trend: fast must be a whole number"),
        (["trading.risk.max_daily_loss=0.5..1.5"], "max_daily_loss: 1.5 is refused: risk.max_daily_loss = 1.5 must be"),
        (["trading.sizing.rule=RISK,MOST"], "sizing.rule: MOST is refused"),
        (["trading.strategies.trend.flips.hold=5..9"], "trading.strategies.trend.flips.hold: no such setting"),
        (["trading.strategies.trend.minimum_trend=low,0"], "'low' is not a number in the digits 0 to 9"),
        ([f"{FAST}=5..30:0"], "the step is 0; write one above 0"),
        ([f"{FAST}=5..30:-1"], "the step is -1; write one above 0"),
        ([f"{FAST}=5..30:x"], "'x' is not a number in the digits 0 to 9; write it like 5..30"),
        ([f"{FAST}=5..30:10"], "no whole number of steps of 10 above 5; write the last value, 25, as the upper end"),
        ([f"{FAST}=30..5"], "5 is below 30; write the lower end first"),
        ([f"{FAST}=0.0000001..30"], "it has more than 1,000,000 values; write a larger step"),
        ([f"{FAST}=5,,6"], "a value is empty or given twice"),
        ([f"{FAST}=5,5"], "a value is empty or given twice"),
        ([f"{FAST}=7"], "has a single point, so nothing can be compared: give a setting at least two values"),
        ([f"{FAST}=7..7", "trading.sizing.risk=0.01"], "has a single point"),
        ([f"{FAST}=5..6", f"{FAST}=8..9"], f"{FAST} is given twice"),
        (["trading.simulation.slippage=0,0.001"], "the simulated exchange is no choice of a trader"),
        (["trading.paused=trend,x"], "paused cannot be changed here"),
    ],
)  # fmt: skip
def test_what_cannot_be_searched_is_refused_with_what_to_do(texts: list[str], message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        axes_of(texts, SETTINGS, check)
    assert message in str(refused.value)
