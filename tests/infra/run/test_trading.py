"""The trading settings of a run: defaults are filled in, and every key is read or refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from commands.identity import RESERVED_SOURCES
from commands.settings import ChangeSettings, decide
from domain.errors import InvalidSettings
from domain.settings import (
    FlipSettings,
    InForce,
    OnDailyLoss,
    OrphanRule,
    OrphanSettings,
    Settings,
    SettingsChanged,
    StrategySettings,
)
from domain.sizing.settings import SizingRule
from infra.trading import for_live, instances_of, strategy_of, trading_settings, unnamed_as_in
from tests.replacing import replace


def test_an_empty_table_gives_all_defaults() -> None:
    assert trading_settings({}) == Settings()


def test_the_given_settings_are_in_force() -> None:
    settings = trading_settings(
        {
            "risk": {"max_positions": 3, "max_daily_loss": "0.03", "allowed": ["BTCUSDT-LINEAR.BYBIT"]},
            "sizing": {"rule": "PERCENT", "percent": Decimal("0.05")},
            "strategies": [{"name": "trend", "parameters": {"fast": "10"}}],
            "tiers": {"normal_confidence": 0},
        }
    )
    assert (settings.risk.max_positions, settings.risk.max_daily_loss) == (3, Decimal("0.03"))
    assert settings.risk.allowed == ("BTCUSDT-LINEAR.BYBIT",)
    assert (settings.sizing.rule, settings.sizing.percent) == (SizingRule.PERCENT, Decimal("0.05"))
    assert settings.strategies == (StrategySettings("trend", {"fast": "10"}),)
    assert isinstance(settings.tiers.normal_confidence, float), (
        "a confidence must be a float, also where it was written 0"
    )


@pytest.mark.parametrize(
    ("paused", "fault"),
    [
        ("nobody", "trading.paused: no configured strategy is called 'nobody'; configured are: trend"),
        ("trent", "did you mean trend?"),
        ("person", "no configured strategy is called 'person'"),
    ],
)
def test_a_pause_of_a_strategy_that_is_not_configured_is_refused(paused: str, fault: str) -> None:
    with pytest.raises(InvalidSettings, match=re.escape(fault)):
        trading_settings({"paused": [paused]})


def test_a_configured_strategy_can_be_paused_from_the_start() -> None:
    assert trading_settings({"paused": ["trend"]}).paused == ("trend",)


def test_limits_of_a_regime_are_refused_where_no_regime_is_read() -> None:
    limits = {"trend": {"minimum_trend": 0.2}, "range": {"time_limit_seconds": 900}}
    fault = "trading.regimes: confirmations = 0 reads no regime, so that nothing reads trend.minimum_trend, range."
    with pytest.raises(InvalidSettings, match=re.escape(fault)):
        trading_settings({"regimes": limits})
    read = trading_settings({"regimes": {"confirmations": 3, **limits}}).regimes
    assert (read.trend.minimum_trend, read.range.time_limit_seconds) == (0.2, 900)


def test_weights_are_refused_where_the_stated_number_of_rows_is_another() -> None:
    rows = [{"strategy": "trend", "weight": "0.5"}]
    assert len(trading_settings({"weights": {"rows": 1, "table": rows}}).weights.table) == 1
    for stated, table, count in ((2, rows, 1), (1, [], 0), (True, rows, 1)):
        fault = f"trading.weights.rows = {stated}, but trading.weights.table has {count} rows"
        with pytest.raises(InvalidSettings, match=re.escape(fault)):
            trading_settings({"weights": {"rows": stated, "table": table}})


def test_an_instance_has_limits_of_its_own() -> None:
    table = {"name": "trend", "minimum_trend": -1, "minimum_reward_to_risk": "0.8"}
    (one,) = trading_settings({"strategies": [table]}).strategies
    assert one == StrategySettings("trend", minimum_trend=-1.0, minimum_reward_to_risk=Decimal("0.8"))
    assert isinstance(one.minimum_trend, float)


@pytest.mark.parametrize(
    ("own", "fault"),
    [
        ({"minimum_trend": -1.5}, "trading.strategies.0.minimum_trend = -1.5 (id trend) must be in -1 … 1"),
        ({"minimum_trend": True}, "trading.strategies.0.minimum_trend = True should be a number"),
        (
            {"minimum_trnd": 0},
            "trading.strategies.0.minimum_trnd (id trend): no such setting; did you mean minimum_trend?",
        ),
    ],
    ids=["out of range", "a flag", "misspelled"],
)
def test_an_own_limit_that_cannot_be_read_is_refused_by_its_place(own: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidSettings, match=re.escape(fault)):
        trading_settings({"strategies": [{"name": "trend", **own}]})


def test_rules_for_flips_are_those_of_all_or_of_an_instance() -> None:
    own = {"name": "trend", "flips": {"hold_seconds": 600, "cost_buffer": "0.002"}}
    settings = trading_settings({"flips": {"repeats": 2, "hold_seconds": 60}, "strategies": [own]})
    assert settings.flips == FlipSettings(repeats=2, hold_seconds=60)
    expected = FlipSettings(repeats=2, hold_seconds=600, cost_buffer=Decimal("0.002"))
    assert (settings.flips_of("trend"), settings.flips_of("scanner")) == (expected, settings.flips)


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ({"flips": {"repeat": 2}}, "trading.flips.repeat: no such setting; did you mean repeats?"),
        ({"flips": {"repeats": -1}}, "trading.flips.repeats = -1 must be in 0 … 1000"),
        (
            {"strategies": [{"name": "trend", "flips": {"hold": 5}}]},
            "trading.strategies.0.flips.hold: no such setting",
        ),
        (
            {"strategies": [{"name": "trend", "flips": {"loss_confidence": 2}}]},
            "trading.strategies.0.flips.loss_confidence = 2.0 (id trend) must be in 0 … 1",
        ),
        (
            {"strategies": [{"name": "trend", "flips": {"cost_buffer": True}}]},
            "trading.strategies.0.flips.cost_buffer",
        ),
        (
            {"strategies": [{"name": "trend", "flips": 3}]},
            "trading.strategies.0.flips: not a table; write it like {",
        ),
    ],
    ids=["misspelled", "negative", "misspelled in an instance", "too large", "a flag", "no table"],
)
def test_a_rule_for_flips_that_cannot_be_read_is_refused_by_its_place(
    table: dict[str, Any], fault: str
) -> None:
    with pytest.raises(InvalidSettings, match=re.escape(fault)):
        trading_settings(table)


def test_numeric_parameters_are_converted_to_text() -> None:
    parameters = {"fast": 10, "stop_atrs": Decimal("1.50"), "target_atrs": 3.5, "slow": "30"}
    settings = trading_settings({"strategies": [{"name": "trend", "parameters": parameters}]})
    spelled = {"fast": "10", "stop_atrs": "1.50", "target_atrs": "3.5", "slow": "30"}
    assert settings.strategies == (StrategySettings("trend", spelled),)
    assert strategy_of(settings.strategies[0]).name == "trend"


INVALID: Sequence[tuple[dict[str, Any], str]] = [
    ({"riks": {}}, "trading.riks: no such setting; did you mean risk?"),
    (
        {"intents": {"zzz": 1}},
        "trading.intents.zzz: no such setting; there are: hold_series, reinforce_confidence, ",
    ),
    (
        {"strategies": [{"id": "slow", "strategy": "trend", "fast": 10}]},
        (
            "trading.strategies.0.fast (id slow): no such setting; there are: name, parameters, id, strategy, "
            "instruments, interval, minimum_trend, minimum_reward_to_risk, flips, intents, filters, sizing, limits, "
            "management, models, book; a parameter of the "
            "strategy is written as parameters = { fast = 10 }"
        ),
    ),
    (
        {"strategies": [{"name": "trend", "parms": {}}]},
        "trading.strategies.0.parms (id trend): no such setting",
    ),
    ({"strategies": "trend"}, "trading.strategies: "),
    (
        {"strategies": [{"name": "trend", "parameters": {"fast": True}}]},
        "trading.strategies.0.parameters.fast = True should be a number, or text",
    ),
    ({"strategies": [{"name": 1}]}, "trading.strategies.0.name: "),
    ({"strategies": ["trend"]}, "trading.strategies.0: "),
    ({"risk": {"max_positions": "many"}}, "trading.risk.max_positions: "),
    ({"risk": {"max_positions": 1.5}}, "trading.risk.max_positions: "),
    ({"risk": 3}, "trading.risk: "),
    ({"sizing": {"rule": "ALL_IN"}}, "trading.sizing.rule: "),
    ({"reverse_others": "yes"}, "trading.reverse_others = 'yes' should be true or false"),
    ({"reverse_others": 1}, "trading.reverse_others = 1 should be true or false"),
    (
        {"risk": {"max_positions": True}},
        "trading.risk.max_positions = True should be a whole number in the digits",
    ),
    (
        {"risk": {"max_positions": "1_0"}},
        "trading.risk.max_positions = '1_0' should be a whole number in the digits",
    ),
    (
        {"risk": {"max_daily_loss": "0.\uff103"}},
        "trading.risk.max_daily_loss = '0.\uff103' should be a number in the digits",
    ),
    (
        {"tiers": {"normal_confidence": "0_0.5"}},
        "trading.tiers.normal_confidence = '0_0.5' should be a number in the",
    ),
    (
        {"strategies": [{"name": "trend", "id": "slow"}]},
        "trading.strategies.0: name = 'trend' together with id: write name alone, or id and strategy",
    ),
    (
        {"strategies": [{"name": "trend"}, {"name": "a", "id": "slow", "strategy": "trend"}]},
        "trading.strategies.1: name = 'a' together with id and strategy: write name alone, or id and strategy",
    ),
    (
        {"orphans": {"rule": "CLOSE", "to": "trend"}},
        "trading.orphans.to = 'trend' together with orphans.rule = CLOSE",
    ),
    ({"orphans": {"to": "trend"}}, "trading.orphans.to = 'trend' together with orphans.rule = ALERT"),
    (
        {"orphans": {"rule": "HAND_OVER", "to": "slow"}},
        "trading.orphans.to = 'slow' is none of the strategies; name one that takes over: trend",
    ),
    ({"sizing": {"risk": "NaN"}}, "risk"),
    ({"risk": {"max_daily_loss": -1}}, "max_daily_loss"),
]


@pytest.mark.parametrize(("table", "fault"), INVALID)
def test_an_unknown_key_or_an_invalid_value_is_refused(table: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidSettings) as refused:
        trading_settings(table)
    assert fault in str(refused.value)


@pytest.mark.parametrize("name", [*sorted(RESERVED_SOURCES), "Engine", " engine", "source:tradingview"])
@pytest.mark.parametrize("key", ["id", "name"])
def test_a_name_of_the_system_itself_is_refused_as_the_id_of_a_strategy(key: str, name: str) -> None:
    table = {"id": name, "strategy": "trend"} if key == "id" else {"name": name}
    with pytest.raises(InvalidSettings) as refused:
        trading_settings({"strategies": [{"name": "trend"}, table]})
    assert f"trading.strategies.1: no strategy may have the id {name!r}, a name of the system" in str(
        refused.value
    )


def test_settings_of_an_older_log_with_a_reserved_id_are_decided_again_as_they_were() -> None:
    older = Settings(strategies=(StrategySettings(id="engine", strategy="trend"),))
    (changed,) = decide(ChangeSettings(older), InForce(0, Settings()))
    assert isinstance(changed, SettingsChanged)
    assert changed.settings == older
    assert [one.id for one in instances_of(older)] == ["engine"]


def test_all_unknown_keys_are_named_at_once() -> None:
    with pytest.raises(InvalidSettings) as refused:
        trading_settings({"a": 1, "b": 2})
    assert [line.partition("; ")[0] for line in str(refused.value).splitlines()] == [
        "trading.a: no such setting",
        "trading.b: no such setting",
    ]


def test_a_strategy_is_found_by_its_name() -> None:
    assert strategy_of(StrategySettings("trend")).name == "trend"
    with pytest.raises(InvalidSettings, match=r"no strategy is called 'luck'; there are: .*trend"):
        strategy_of(StrategySettings("luck"))


def test_instances_of_one_strategy_have_their_own_ids_and_settings() -> None:
    """Each has its own id, instruments, interval and parameters. For one given by its name only, the id is the name."""
    settings = trading_settings(
        {
            "reverse_others": True,
            "orphans": {"rule": "HAND_OVER", "to": "trend-fast"},
            "strategies": [
                {"name": "trend"},
                {
                    "id": "trend-fast",
                    "strategy": "trend",
                    "instruments": ["BTCUSDT-LINEAR.BYBIT"],
                    "interval": "15m",
                    "parameters": {"fast": 10},
                },
            ],
        }
    )
    slow, fast = instances_of(settings)
    assert (slow.id, slow.strategy.name, slow.instruments, slow.interval) == ("trend", "trend", (), None)
    assert (fast.id, fast.strategy.name, fast.interval) == ("trend-fast", "trend", timedelta(minutes=15))
    assert [one.trades("ETHUSDT-LINEAR.BYBIT") for one in (slow, fast)] == [True, False]
    assert fast.trades("BTCUSDT-LINEAR.BYBIT")
    assert settings.orphans == OrphanSettings(OrphanRule.HAND_OVER, "trend-fast")
    assert settings.reverse_others


@pytest.mark.parametrize(
    ("strategies", "fault"),
    [
        ([{"name": "trend"}, {"name": "trend"}], "trading.strategies: more than one has the id trend"),
        ([{"id": "quick"}], "trading.strategies.0: no strategy is named"),
        (
            [{"name": "trend", "interval": "5 minutes"}],
            "trading.strategies.0.interval = '5 minutes' (id trend) does not divide a day evenly",
        ),
        (
            [{"name": "trend", "instruments": ["BTC"]}],
            "trading.strategies.0.instruments (id trend): 'BTC' is not an instrument",
        ),
    ],
)
def test_an_invalid_instance_is_refused_with_its_fault(
    strategies: list[dict[str, object]], fault: str
) -> None:
    with pytest.raises(InvalidSettings, match=re.escape(fault)):
        trading_settings({"strategies": strategies})


def test_an_instance_of_an_unknown_strategy_is_refused() -> None:
    with pytest.raises(InvalidSettings, match="no strategy is called 'luck'"):
        instances_of(Settings(strategies=(StrategySettings(id="quick", strategy="luck"),)))


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({}, (OnDailyLoss.TRIP, Decimal(100_000), Decimal("0.05"), 30)),
        (
            {"risk": {"on_daily_loss": "REFUSE"}, "caps": {"max_notional": "0", "max_orders_per_minute": 3}},
            (OnDailyLoss.REFUSE, Decimal(0), Decimal("0.05"), 3),
        ),
    ],
    ids=["nothing is named", "some are named, one with its neutral value"],
)
def test_live_trading_has_defaults_of_its_own_where_the_table_names_none(
    table: dict[str, object], expected: tuple[object, ...]
) -> None:
    found = for_live(trading_settings(table), table)
    caps = found.caps
    assert (
        found.risk.on_daily_loss,
        caps.max_notional,
        caps.max_deviation,
        caps.max_orders_per_minute,
    ) == expected
    assert trading_settings({}) == Settings()


def test_settings_whose_default_depends_on_the_market_are_those_in_force_unless_named() -> None:
    in_force = for_live(Settings(), {})
    table: dict[str, object] = {"caps": {"max_notional": "5"}}
    found = unnamed_as_in(in_force, trading_settings(table), table)
    assert found == replace(in_force, caps=replace(in_force.caps, max_notional=Decimal(5)))
