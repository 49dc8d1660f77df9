"""The fee rates of each account level, as Bybit's help centre states them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from adapters.simulated.venue.categories import LINEAR, SPOT
from adapters.simulated.venue.fees import LEVELS, fees_of
from tests.adapters.simulated.venue.scene import Scene

# Level: maker and taker of perpetuals, maker and taker of spot pairs, in percent.
STATED = {
    "VIP 0": ("0.02", "0.055", "0.1", "0.1"),
    "VIP 1": ("0.018", "0.04", "0.0675", "0.08"),
    "VIP 2": ("0.016", "0.0375", "0.065", "0.0775"),
    "VIP 3": ("0.014", "0.035", "0.0625", "0.075"),
    "VIP 4": ("0.012", "0.032", "0.05", "0.06"),
    "VIP 5": ("0.01", "0.032", "0.04", "0.05"),
    "Supreme VIP": ("0", "0.03", "0.03", "0.045"),
    "Pro 1": ("0", "0.032", "0.1", "0.1"),
    "Pro 6": ("0", "0.028", "0.1", "0.1"),
}


@pytest.mark.parametrize("level", STATED)
def test_a_level_pays_what_is_stated_for_it(level: str) -> None:
    venue = Scene().venue
    found = [fees_of(level, venue.market("BTCUSDT", category).contract) for category in (LINEAR, SPOT)]
    percent = [rate * 100 for fees in found for rate in (fees.maker, fees.taker)]
    assert percent == list(map(Decimal, STATED[level]))


def test_every_level_may_be_chosen() -> None:
    assert {*STATED} < {*LEVELS}


@pytest.mark.parametrize(("category", "fee"), [(LINEAR, "0.1600004"), (SPOT, "0.000008")])
def test_a_fill_is_charged_by_the_level(category: str, fee: str) -> None:
    scene = Scene(category=category)
    scene.account.level = "VIP 1"
    scene.quotes("40000")
    scene.places("Buy", "0.01", "40000.1")
    assert [one.fee for one in scene.executions()] == [Decimal(fee)]
