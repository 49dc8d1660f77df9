"""The switches of features: each names a setting with a value that is on, beside the default that is off."""

from __future__ import annotations

import pytest

from domain.switches import SWITCHES, Switch


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.setting)
def test_a_switch_is_off_by_default_and_its_value_for_on_is_valid_and_another_one(switch: Switch) -> None:
    assert switch.switching_on.name == switch.switching_off.name == switch.setting
    assert (switch.switching_on.before, switch.switching_off.after) == (switch.off, switch.off)
    assert switch.off in ("", "0", "0.0", "false", "REFUSE")


def test_no_setting_is_the_switch_of_two_features() -> None:
    assert len({switch.setting for switch in SWITCHES}) == len(SWITCHES)
