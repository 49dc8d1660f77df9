"""The settings of the leverage by volatility: contradictions are refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from domain.errors import InvalidSettings
from domain.leverage.settings import LeverageSettings
from domain.settings import Settings, check
from infra.trading import trading_settings


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"steps": ()}, "the first step must begin at the volatility 0"),
        ({"steps": ("0.01:5",)}, "leverage.steps = 0.01:5: the first step must begin at the volatility 0"),
        ({"steps": ("0:20", "0.03:10", "0.02:5")}, "the volatilities must rise from step to step"),
        ({"steps": ("0:5", "0.03:10")}, "the leverages must fall from step to step"),
        ({"steps": ("0:51",)}, "leverages must be whole numbers in 1 … 50"),
        ({"steps": ("0:2.5",)}, "leverages must be whole numbers in 1 … 50"),
        ({"steps": ("0:0.5",)}, "leverages must be whole numbers in 1 … 50"),
        ({"steps": ("0:20", "1.2:5")}, "volatilities must be in 0 … 1"),
        ({"steps": ("0=20",)}, "'0=20' has no colon; write each step as volatility:leverage"),
        ({"steps": ("0:many",)}, "leverage.steps = 0:many: "),
        ({"interval": "7m"}, "leverage.interval = '7m' does not divide a day evenly"),
        ({"confirmations": 101}, "leverage.confirmations = 101 must be in 0 … 100"),
        ({"period": 1}, "leverage.period = 1 must be in 2 … 1000"),
        ({"least_seconds": 0}, "leverage.least_seconds = 0 must be in 60 …"),
    ],
)
def test_a_setting_that_contradicts_itself_is_refused_by_its_name(given: Any, message: str) -> None:
    with pytest.raises(InvalidSettings) as refused:
        check(Settings(leverage=LeverageSettings(**given)))
    assert message in str(refused.value)


def test_the_table_of_a_settings_file_is_read() -> None:
    given = {"leverage": {"confirmations": 3, "interval": "1h", "steps": ["0:15", "0.02:3"]}}
    read = trading_settings(given).leverage
    assert read == LeverageSettings(confirmations=3, interval="1h", steps=("0:15", "0.02:3"))
    assert read.is_on
    assert not LeverageSettings().is_on
