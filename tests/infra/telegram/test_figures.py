"""Figures as the screens show them."""

from __future__ import annotations

import pytest

from infra.telegram.screens.figures import money, number


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("1234567.891", "USDT", "1 234 567.89 USDT"),
        ("0.3", "USDT", "0.30 USDT"),
        ("0.004", "USDT", "0.004 USDT"),
        ("-0.00123", "USDT", "-0.0012 USDT"),
        ("0E-8", "USDT", "0.00 USDT"),
        ("0.0012", "BTC", "0.0012 BTC"),
        ("1.23456789", "BTC", "1.23456789 BTC"),
        ("0.1", "BTC", "0.10 BTC"),
        ("545.968", "", "545.968"),
        ("1" * 40, "USDT", " ".join(["1", *["111"] * 13]) + ".00 USDT"),
    ],
)
def test_an_amount_has_two_decimals_and_more_where_they_would_show_too_little(
    amount: str, currency: str, shown: str
) -> None:
    assert money(amount, currency) == shown


def test_a_price_keeps_every_digit() -> None:
    assert number("12345678901234567890.123456789012345678900") == "12345678901234567890.1234567890123456789"
