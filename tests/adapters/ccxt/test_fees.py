"""Fees as ccxt unifies them: each in its currency, and never added to those of another one."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import pytest

from adapters.ccxt.dialect import dialect_of
from adapters.ccxt.fees import fees
from adapters.ccxt.lists import Lists
from commands.exchange import Filled
from domain.errors import InvalidInput
from tests.adapters.ccxt.binance import INSTRUMENT, OPEN, TRADES, answers, order, trade
from tests.adapters.ccxt.served import exchange_on, polled, ticket
from tests.domain.history import D

USDT, BNB, NONE = (
    {"currency": one, "cost": cost} for one, cost in (("USDT", "0.3"), ("BNB", "0.0005"), (None, "1"))
)
CASES: Mapping[str, tuple[dict[str, Any], dict[str, str]]] = {
    "none": ({}, {"USDT": "0"}),
    "one": ({"fee": BNB}, {"BNB": "0.0005"}),
    "a list and one": ({"fee": BNB, "fees": [USDT]}, {"USDT": "0.3"}),
    "without a currency": ({"fee": NONE}, {"USDT": "1"}),
    "two of one currency": ({"fees": [USDT, USDT]}, {"USDT": "0.6"}),
    "two currencies": ({"fees": [BNB, USDT, BNB]}, {"USDT": "0.3", "BNB": "0.0010"}),
    "two foreign ones": (
        {"fees": [BNB, {"currency": "BTC", "cost": "0.1"}]},
        {"BNB": "0.0005", "BTC": "0.1"},
    ),
    "none in the settlement currency": (
        {"fees": [{"currency": "USDT", "cost": "0"}, BNB]},
        {"BNB": "0.0005"},
    ),
    "a rebate": ({"fee": {"currency": "USDT", "cost": "-0.1"}}, {"USDT": "-0.1"}),
}


@pytest.mark.parametrize("name", CASES)
def test_fees_are_added_in_one_currency_only_and_the_settlement_currency_is_first(name: str) -> None:
    row, expected = CASES[name]
    assert list(fees(row, "USDT").items()) == [(one, D(cost)) for one, cost in expected.items()]


def test_a_fill_at_binance_that_is_paid_in_bnb_has_its_fee_in_bnb() -> None:
    with exchange_on("binanceusdm", answers()) as (exchange, served):
        exchange.submit([ticket("e1", INSTRUMENT, limit="60000")])
        served.answers[f"GET {OPEN}"] = [order("e1", status="PARTIALLY_FILLED", executedQty="0.200")]
        served.answers[f"GET {TRADES}"] = [trade(1, commission="0.0005", commissionAsset="BNB")]
        (fill,) = [one for one in polled(exchange) if isinstance(one, Filled)]
    assert (fill.fee, fill.fee_currency) == (D("0.0005"), "BNB")


def test_fees_of_a_trade_beside_the_one_of_the_fill_are_named_once_for_each_currency(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stated = {
        "symbol": "BTC/USDT:USDT",
        "order": "7",
        "side": "buy",
        "price": "100",
        "amount": "1",
        "timestamp": 1,
    }
    with exchange_on("binanceusdm", answers()) as (exchange, _):
        lists = Lists(exchange.client, dialect_of("binanceusdm"))
        rows = [lists.trade({**stated, "id": str(number), "fees": [BNB, USDT]}) for number in range(2)]
    assert [(one.fee, one.fee_currency) for one in rows if one is not None] == [(D("0.3"), "USDT")] * 2
    (line,) = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
    assert "of trade 0 the fill has 0.3 USDT, and 0.0005 BNB is not recorded" in line


def test_a_cost_that_is_no_number_is_refused() -> None:
    with pytest.raises(InvalidInput, match="cost"):
        fees({"fee": {"currency": "BNB", "cost": "much"}}, "USDT")
