"""What tables of a report write."""

from __future__ import annotations

from decimal import Decimal

import pytest

from infra.reports.sections import price


@pytest.mark.parametrize(
    ("mean", "written"),
    [
        ("115.201111111111", "115.2011111"),
        ("104250.55", "104250.55"),
        ("0.000012345678901234", "0.0000123456789"),
        ("118", "118"),
    ],
)
def test_a_price_has_ten_digits_at_most_and_every_digit_of_a_tick(mean: str, written: str) -> None:
    assert price(Decimal(mean)) == written
