from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import reduce
from typing import Any

import pytest

from domain.errors import InvalidSettings
from domain.settings import (
    NONE_IN_FORCE,
    InForce,
    Settings,
    SettingsChanged,
    SizingRule,
    SizingSettings,
    check,
    evolve,
    ranges,
)
from tests.domain.history import D
from tests.replacing import replace

DEFAULT = Settings()
RANGES = {name: (low, high) for name, _, low, high in ranges(DEFAULT)}
UNRANGED = {"strategies", "risk.allowed", "sizing.rule", "paused"}
"""Names and a choice: nothing that lies between two bounds."""


def every_setting(settings: Any, prefix: str = "") -> Iterator[str]:
    for field in fields(settings):
        value = getattr(settings, field.name)
        if is_dataclass(value):
            yield from every_setting(value, f"{field.name}.")
        else:
            yield f"{prefix}{field.name}"


def changed(name: str, value: object) -> Settings:
    section, _, field = name.rpartition(".")
    if not section:
        return replace(DEFAULT, **{field: value})
    return replace(DEFAULT, **{section: replace(getattr(DEFAULT, section), **{field: value})})


def test_every_setting_that_is_a_figure_has_a_range() -> None:
    assert set(RANGES) | UNRANGED == set(every_setting(DEFAULT))
    assert not set(RANGES) & UNRANGED


def test_the_defaults_are_in_their_ranges() -> None:
    check(DEFAULT)


@pytest.mark.parametrize("name", RANGES)
def test_a_setting_is_taken_at_both_ends_of_its_range(name: str) -> None:
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
def test_no_setting_is_not_a_number(name: str, value: Decimal | float) -> None:
    with pytest.raises(InvalidSettings, match=rf"^{name} = "):
        check(changed(name, value))


@pytest.mark.parametrize("name", ["BTCUSDT", "btcusdt-linear.bybit", "", "BTCUSDT-LINEAR.BYBIT "])
def test_an_allow_list_names_instruments(name: str) -> None:
    """A name that nothing has would allow nothing, signal after signal."""
    check(changed("risk.allowed", ("BTCUSDT-LINEAR.BYBIT",)))
    with pytest.raises(
        InvalidSettings, match=rf"^risk.allowed: '{name}' is not an instrument; spell it like"
    ):
        check(changed("risk.allowed", ("BTCUSDT-LINEAR.BYBIT", name)))


def test_a_fixed_quantity_is_one() -> None:
    fixed = SizingSettings(rule=SizingRule.FIXED, quantity=D("0.1"))
    check(replace(DEFAULT, sizing=fixed))
    with pytest.raises(
        InvalidSettings, match=r"^sizing.quantity = 0 must be above 0 where sizing.rule is FIXED$"
    ):
        check(replace(DEFAULT, sizing=replace(fixed, quantity=D(0))))


def test_all_that_is_wrong_is_said_at_once() -> None:
    wrong = replace(changed("risk.max_positions", -1), order_freshness_seconds=0)
    with pytest.raises(InvalidSettings) as said:
        check(wrong)
    assert str(said.value) == (
        "risk.max_positions = -1 must be in 0 … 10000; order_freshness_seconds = 0 must be in 1 … 86400"
    )


def test_the_last_settings_are_in_force() -> None:
    other = changed("risk.max_positions", 1)
    state = reduce(evolve, [SettingsChanged(1, DEFAULT), SettingsChanged(2, other)], NONE_IN_FORCE)
    assert state == InForce(2, other)
