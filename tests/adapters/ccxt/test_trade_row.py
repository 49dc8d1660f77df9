"""A trade of ccxt's structure: what cannot be is not read."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.ccxt.dialect import Dialect
from adapters.ccxt.markets import Market
from adapters.ccxt.trade_row import trade_row
from domain.errors import InvalidInput
from tests.domain.history import BTC, D

MARKET = Market("BTC/USDT:USDT", BTC, D("0.01"))
TRADE: dict[str, Any] = {
    "id": "1",
    "order": "1001",
    "side": "buy",
    "price": "60000",
    "amount": "20",
    "fee": {"cost": "4.8", "currency": "USDT"},
    "timestamp": 1_700_000_000_000,
    "info": {},
}


def test_contracts_are_base_currency_and_a_fee_of_five_percent_is_read() -> None:
    row = trade_row(TRADE | {"fee": {"cost": "-600", "currency": "USDT"}}, MARKET, Dialect())
    assert (row.quantity, row.fee, row.fee_currency) == (D("0.2"), D(-600), "USDT")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"price": "0"}, "price 0 is not above 0"),
        ({"price": "-60000"}, "price -60000 is not above 0"),
        ({"amount": "0"}, "amount 0 is not above 0"),
        ({"amount": "-20"}, "amount -20 is not above 0"),
        (
            {"fee": {"cost": "1000000", "currency": "USDT"}},
            "fee 1000000 is more than 5% of the 12000 that was traded: no fee is so high",
        ),
        (
            {"fee": {"cost": "-600.01"}},
            "fee -600.01 is more than 5% of the 12000 that was traded: no fee is so high",
        ),
    ],
    ids=lambda one: str(one)[:40],
)
def test_a_trade_that_cannot_be_is_not_read(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        trade_row(TRADE | changed, MARKET, Dialect())
