from __future__ import annotations

import pytest

from adapters.simulated import RULES_VERSION, check_playable
from domain.errors import InvalidInput


@pytest.mark.parametrize("version", range(1, RULES_VERSION + 1))
def test_a_log_of_each_version_of_the_rules_is_playable(version: int) -> None:
    check_playable(version)


@pytest.mark.parametrize("version", [0, RULES_VERSION + 1])
def test_a_log_of_other_rules_is_refused_naming_both_versions(version: int) -> None:
    with pytest.raises(
        InvalidInput,
        match=rf"version {version} of the simulator.s rules, and this program plays 1, {RULES_VERSION}",
    ):
        check_playable(version)
