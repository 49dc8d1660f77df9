from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import timedelta
from decimal import Decimal
from functools import reduce
from typing import Any

import pytest

from domain.errors import InvalidSettings
from domain.filters.settings import FilterSettings, OwnFilterSettings
from domain.interval import interval_of
from domain.regimes.settings import RegimeLimits
from domain.settings import (
    NONE_IN_FORCE,
    InForce,
    OrphanRule,
    OrphanSettings,
    Settings,
    SettingsChanged,
    StrategySettings,
    check,
    evolve,
    ranges,
)
from domain.sizing.settings import OwnSizingSettings, SizingRule, SizingSettings
from tests.domain.history import BTC, D
from tests.replacing import replace

DEFAULT = Settings(filters=FilterSettings(majors=("BTCUSDT-LINEAR.BYBIT",)))
"""A limit for majors needs one."""
RANGES = {name: (low, high) for name, _, low, high in ranges(DEFAULT)}
UNRANGED = {
    "strategies",
    "risk.allowed",
    "risk.on_kill",
    "risk.on_daily_loss",
    "sizing.rule",
    "sizing.cut_to_max_risk",
    "sizing.kelly_fallback",
    "paused",
    "filters.majors",
    "management.trailing_levels",
    "regimes.interval",
    "leverage.interval",
    "leverage.steps",
    "weights.scales",
    "weights.table",
    *(
        f"regimes.{regime}.{limit.name}"
        for regime in ("trend", "range", "volatile")
        for limit in fields(RegimeLimits)
    ),
    "filters.timeframe",
    "groups",
    "arms.challenger",
    "book.required",
    "limits.on_missing_correlation",
    "reverse_others",
    "on_opposite",
    "orphans.rule",
    "orphans.to",
    "reconciliation.external_orders",
    "reconciliation.external_positions",
    "intents.hold_series",
    "intents.average_down",
    "management.partial_closes",
    "management.reversal_closes",
    "sizing.by_confidence",
    "venues.equal",
    "venues.elsewhere",
}
"""The settings without a range: names and choices."""


def every_setting(settings: Any, prefix: str = "") -> Iterator[str]:
    for field in fields(settings):
        value = getattr(settings, field.name)
        if is_dataclass(value):
            yield from every_setting(value, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}"


def changed(name: str, value: object) -> Settings:
    section, _, field = name.rpartition(".")
    if not section:
        return replace(DEFAULT, **{field: value})
    return replace(DEFAULT, **{section: replace(getattr(DEFAULT, section), **{field: value})})


def test_every_numeric_setting_has_a_range() -> None:
    assert set(RANGES) | UNRANGED == set(every_setting(DEFAULT))
    assert not set(RANGES) & UNRANGED


def test_the_defaults_are_within_their_ranges() -> None:
    check(DEFAULT)


@pytest.mark.parametrize("name", RANGES)
def test_a_setting_at_either_end_of_its_range_is_accepted(name: str) -> None:
    for bound in RANGES[name]:
        check(changed(name, bound))


@pytest.mark.parametrize("name", RANGES)
def test_a_setting_beyond_its_range_is_refused_with_the_range(name: str) -> None:
    low, high = RANGES[name]
    step = D("0.000001")
    for beyond in (D(low) - step, D(high) + step):
        with pytest.raises(InvalidSettings, match=rf"^{name} = {beyond} must be in {low} … {high}$"):
            check(changed(name, beyond))


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("value", [D("NaN"), D("sNaN"), float("nan"), D("Infinity"), float("-inf")])
def test_a_setting_that_is_not_a_finite_number_is_refused(name: str, value: Decimal | float) -> None:
    with pytest.raises(InvalidSettings, match=rf"^{name} = "):
        check(changed(name, value))


@pytest.mark.parametrize("name", [name for name, value, _, _ in ranges(Settings()) if isinstance(value, int)])
@pytest.mark.parametrize("digits", [308, 309, 1_000])
def test_a_whole_number_of_any_length_is_refused_with_the_range(name: str, digits: int) -> None:
    with pytest.raises(InvalidSettings, match=rf"^{name} = 9+ must be in"):
        check(changed(name, 10**digits - 1))


@pytest.mark.parametrize("name", ["BTCUSDT", "btcusdt-linear.bybit", "", "BTCUSDT-LINEAR.BYBIT "])
def test_an_allow_list_with_a_name_that_is_no_instrument_is_refused(name: str) -> None:
    """With such a name every signal would be refused."""
    check(changed("risk.allowed", ("BTCUSDT-LINEAR.BYBIT",)))
    with pytest.raises(
        InvalidSettings, match=rf"^risk.allowed: '{name}' is not an instrument; spell it like"
    ):
        check(changed("risk.allowed", ("BTCUSDT-LINEAR.BYBIT", name)))


def test_a_fixed_quantity_of_zero_is_refused() -> None:
    fixed = SizingSettings(rule=SizingRule.FIXED, quantity=D("0.1"))
    check(replace(DEFAULT, sizing=fixed))
    with pytest.raises(
        InvalidSettings, match=r"^sizing.quantity = 0 must be above 0 where sizing.rule is FIXED$"
    ):
        check(replace(DEFAULT, sizing=replace(fixed, quantity=D(0))))


def test_all_faults_are_reported_in_one_error() -> None:
    wrong = replace(changed("risk.max_positions", -1), order_freshness_seconds=0)
    with pytest.raises(InvalidSettings) as refused:
        check(wrong)
    assert str(refused.value) == (
        "risk.max_positions = -1 must be in 0 … 10000; order_freshness_seconds = 0 must be in 1 … 86400"
    )


def test_the_latest_settings_are_in_force() -> None:
    other = changed("risk.max_positions", 1)
    state = reduce(evolve, [SettingsChanged(1, DEFAULT), SettingsChanged(2, other)], NONE_IN_FORCE)
    assert state == InForce(2, other)


TREND = StrategySettings("trend")
QUICK = StrategySettings(id="quick", strategy="trend", instruments=(BTC,), interval="15m")


def test_a_name_alone_is_both_the_instance_and_the_strategy() -> None:
    assert (TREND.instance, TREND.kind) == ("trend", "trend")
    assert (QUICK.instance, QUICK.kind) == ("quick", "trend")
    assert Settings(strategies=(TREND, QUICK)).instances == ("trend", "quick")


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        (Settings(strategies=(TREND, TREND)), "strategies: more than one has the id trend; give each an id"),
        (
            Settings(strategies=(TREND, replace(QUICK, id="trend"))),
            "strategies: more than one has the id trend; give each an id",
        ),
        (Settings(strategies=(StrategySettings(id="quick"),)), "strategies.0: no strategy is named"),
        (Settings(strategies=(StrategySettings(),)), "strategies.0: no strategy is named"),
        (
            Settings(strategies=(TREND, replace(QUICK, interval="7m"))),
            "strategies.1.interval = '7m' (id quick) does not divide a day evenly; write it like 1m, 15m, 1h or 1d",
        ),
        (
            Settings(strategies=(replace(QUICK, instruments=("BTC",)),)),
            "strategies.0.instruments (id quick): 'BTC' is not an instrument; spell it like BTCUSDT-LINEAR.BYBIT",
        ),
        (Settings(strategies=(StrategySettings("person"),)), "strategies: none may have the id person"),
        (
            Settings(strategies=(replace(QUICK, sizing=OwnSizingSettings(rule=SizingRule.FIXED)),)),
            "strategies.0.sizing.quantity = 0 (id quick) must be above 0 where strategies.0.sizing.rule is FIXED",
        ),
        (
            Settings(strategies=(replace(QUICK, sizing=OwnSizingSettings(kelly_window=29)),)),
            "strategies.0.sizing.kelly_window = 29 (id quick) must be in 30 … 500",
        ),
        (
            Settings(strategies=(StrategySettings("a\0b"),)),
            "strategies.0: an id is up to 100 visible characters",
        ),
        (
            Settings(strategies=(StrategySettings(" person"),)),
            "strategies.0: an id is up to 100 visible characters with no blank at its ends, not ' person'",
        ),
        (
            Settings(strategies=(StrategySettings("x" * 101),)),
            "strategies.0: an id is up to 100 visible characters",
        ),
        (
            Settings(orphans=OrphanSettings(OrphanRule.HAND_OVER, "slow")),
            "orphans.to = 'slow' is none of the strategies; name one that takes over: trend",
        ),
        (
            Settings(strategies=(TREND, QUICK), orphans=OrphanSettings(OrphanRule.HAND_OVER)),
            "orphans.to = '' is none of the strategies; name one that takes over: trend, quick",
        ),
        (
            Settings(strategies=(), orphans=OrphanSettings(OrphanRule.HAND_OVER, "slow")),
            "orphans.to = 'slow' is none of the strategies; name one that takes over: none is configured",
        ),
        (
            Settings(filters=FilterSettings(value_area_candles=1)),
            "filters.value_area_candles = 1 must be 0, which is off, or at least 2",
        ),
        (
            Settings(strategies=(replace(QUICK, filters=OwnFilterSettings(value_area_candles=1)),)),
            "strategies.0.filters.value_area_candles = 1 (id quick) must be 0, which is off, or at least 2",
        ),
        *(
            (
                Settings(orphans=OrphanSettings(rule, "trend")),
                f"orphans.to = 'trend' together with orphans.rule = {rule}: only HAND_OVER has an heir",
            )
            for rule in (OrphanRule.ALERT, OrphanRule.CLOSE)
        ),
    ],
)
def test_strategies_with_a_shared_id_or_an_invalid_field_are_refused(settings: Settings, fault: str) -> None:
    with pytest.raises(InvalidSettings) as refused:
        check(settings)
    assert str(refused.value).startswith(fault)


def test_several_instances_of_one_strategy_are_accepted() -> None:
    check(Settings(strategies=(TREND, QUICK), orphans=OrphanSettings(OrphanRule.HAND_OVER, "quick")))


@pytest.mark.parametrize(
    ("spelled", "interval"),
    [
        ("1m", timedelta(minutes=1)),
        ("15m", timedelta(minutes=15)),
        ("90m", timedelta(minutes=90)),
        ("1h", timedelta(hours=1)),
        ("24h", timedelta(days=1)),
        ("1d", timedelta(days=1)),
        ("", None),
        ("15", None),
        ("m", None),
        ("0m", None),
        ("7m", None),
        ("2d", None),
        ("1w", None),
        ("-1h", None),
        ("1.5h", None),
        (" 1h", None),
        ("1H", None),
        ("99999999999999999999m", None),
    ],
)
def test_an_interval_is_accepted_only_if_it_divides_a_day(spelled: str, interval: timedelta | None) -> None:
    assert interval_of(spelled) == interval
