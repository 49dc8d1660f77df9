"""What the report of a search states about its winner."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.deflated_sharpe import Moments
from infra.cli.optimise_report import LOSES, NO_SKILL, luck_in_words
from infra.search.search import Luck


def luck(sharpe: float, deflated: float | None) -> Luck:
    return Luck(96, 90, Moments(days=60, sharpe=sharpe, skewness=0.0, kurtosis=3.0), 0.267, deflated)


@pytest.mark.parametrize(
    ("found", "total_return", "end"),
    [
        pytest.param(luck(0.084, 0.06), "0.02", NO_SKILL, id="a gain that luck explains"),
        pytest.param(luck(0.4, 0.97), "0.3", "this one has 0.400", id="a gain beyond luck"),
        pytest.param(luck(-0.02, 0.01), "-0.05", LOSES, id="a loss"),
        pytest.param(luck(0.001, 0.01), "-0.0001", LOSES, id="a loss with a mean day above zero"),
        pytest.param(luck(0.0, 0.01), None, LOSES, id="no gain, without a total return"),
        pytest.param(luck(-0.02, None), "-0.05", LOSES, id="a loss without a deflated ratio"),
        pytest.param(luck(0.02, None), "0.05", "(30 days with trades)", id="a gain without a deflated ratio"),
    ],
)
def test_luck_explains_a_winner_that_gains_and_a_winner_that_loses_is_named_as_a_loss(
    found: Luck, total_return: str | None, end: str
) -> None:
    words = luck_in_words(found, None if total_return is None else Decimal(total_return))
    assert words.endswith(end)
    assert sum(one in words for one in (LOSES, NO_SKILL)) == (end in (LOSES, NO_SKILL))
