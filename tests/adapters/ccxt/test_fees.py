"""Fees as ccxt unifies them: each in its currency, and never added to those of another one."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import pytest

from adapters.ccxt.fees import fees
from commands.exchange import Filled
from domain.errors import InvalidInput
from tests.adapters.ccxt.binance import OPEN, TRADES, answers, order, trade
from tests.domain.history import D

USDT, BNB, NONE = ({"currency": one, "cost": cost} for one, cost in (("USDT", "0.3"), ("BNB", "0.0005"), (None, "1")))
CASES: Mapping[str, tuple[dict[str, Any], dict[str, str]]] = {
    "none": ({}, {"USDT": "0"}),
    "one": ({"fee": BNB}, {"BNB": "0.0005"}),
    "a list and one": ({"fee": BNB, "fees": [USDT]}, {"USDT": "0.3"}),
    "without a currency": ({"fee": NONE}, {"USDT": "1"}),
    "two of one currency": ({"fees": [USDT, USDT]}, {"USDT": "0.6"}),
    "two currencies": ({"fees": [BNB, USDT, BNB]}, {"USDT": "0.3", "BNB": "0.0010"}),
    "two foreign ones": ({"fees": [BNB, {"currency": "BTC", "cost": "0.1"}]}, {"BNB": "0.0005", "BTC": "0.1"}),
    "none in the settlement currency": ({"fees": [{"currency": "USDT", "cost": "0"}, BNB]}, {"BNB": "0.0005"}),
    "a rebate": ({"fee": {"currency": "USDT", "cost": "-0.1"}}, {"USDT": "-0.1"}),
}


@pytest.mark.parametrize("name", CASES)
def test_fees_are_added_in_one_currency_only_and_the_settlement_currency_is_first(name: str) -> None:
    row, expected = CASES[name]
    assert list(fees(row, "USDT").items()) == [(one, D(cost)) for one, cost in expected.items()]


def test_a_cost_that_is_no_number_is_refused() -> None:
    with pytest.raises(InvalidInput, match="cost"):
        fees({"fee": {"currency": "BNB", "cost": "much"}}, "USDT")
