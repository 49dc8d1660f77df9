from __future__ import annotations

import pytest

from adapters.simulated import RULES_VERSION, playable
from domain.errors import InvalidInput


def test_a_log_of_the_rules_of_today_can_be_played() -> None:
    playable(RULES_VERSION)


@pytest.mark.parametrize("version", [0, RULES_VERSION + 1])
def test_a_log_of_other_rules_is_refused_by_the_name_of_their_version(version: int) -> None:
    with pytest.raises(
        InvalidInput, match=rf"version {version} of .* rules; this program plays {RULES_VERSION}"
    ):
        playable(version)
