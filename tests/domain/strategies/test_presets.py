"""A preset is written out: the figures of the preset, replaced by given ones; an unknown preset is refused."""

from __future__ import annotations

import pytest

from domain.errors import InvalidSettings
from domain.strategies.presets import written_out
from infra.trading import trading_settings


def test_a_preset_is_written_out_and_a_given_parameter_replaces_its_own() -> None:
    found = written_out("trend", {"preset": "seed", "adx_minimum": "20", "stop_atrs": "1.5"})
    assert found == {
        "fast": "9", "slow": "21", "rsi": "14", "adx": "14", "adx_minimum": "20", "stop_atrs": "1.5",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("strategy", "given"), [("trend", {"fast": "5"}), ("of another package", {"preset": "x"})]
)
def test_parameters_without_a_preset_are_left_as_they_are(strategy: str, given: dict[str, str]) -> None:
    assert written_out(strategy, given) == given


def test_an_unknown_preset_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        InvalidSettings, match=r"strategy trend: no preset is called 'sead'; .*there are: seed"
    ):
        written_out("trend", {"preset": "sead"})


def test_settings_have_the_figures_of_the_preset_and_not_its_name() -> None:
    table = {"name": "trend", "parameters": {"preset": "seed", "fast": 8}}
    (strategy,) = trading_settings({"strategies": [table]}).strategies
    assert strategy.parameters == written_out("trend", {"preset": "seed", "fast": "8"})
    assert "preset" not in strategy.parameters
