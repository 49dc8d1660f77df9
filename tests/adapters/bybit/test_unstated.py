"""A figure that Bybit leaves empty is not known; it is not 0."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from adapters.bybit.execution_row import execution_row
from adapters.bybit.holdings import balances, positions
from adapters.bybit.order_row import order_row
from domain.errors import InvalidInput
from tests.adapters.bybit.pushed import POSITION, execution, order
from tests.domain.history import D

COIN = {"coin": "USDT", "walletBalance": "1000", "totalPositionIM": "10", "totalOrderIM": "5", "locked": "0"}
HELD = POSITION | {"liqPrice": "90"}
FILLED: dict[str, Any] = {"cumExecQty": "2", "cumExecValue": "198"}


def wallet(**more: Any) -> Mapping[str, Any]:
    return {"result": {"list": [{"accountType": "UNIFIED", "coin": [COIN | more]}]}}


READERS: Mapping[str, Callable[[dict[str, Any]], object]] = {
    "walletBalance": lambda changed: balances(wallet(**changed)),
    "size": lambda changed: positions([HELD | changed]),
    "avgPrice": lambda changed: positions([HELD | changed]),
    "execPrice": lambda changed: execution_row(execution(**changed), "USDT"),
    "execQty": lambda changed: execution_row(execution(**changed), "USDT"),
    "execFee": lambda changed: execution_row(execution(**changed), "USDT"),
    "cumExecQty": lambda changed: order_row(order(**FILLED | changed)),
    "cumExecValue": lambda changed: order_row(order(**FILLED | changed)),
}


@pytest.mark.parametrize("empty", ["", None])
@pytest.mark.parametrize(
    ("name", "read"),
    READERS.items(),
)
def test_a_needed_figure_that_is_empty_or_missing_cannot_be_read(
    name: str, read: Callable[[dict[str, Any]], object], empty: str | None
) -> None:
    read({})
    with pytest.raises(InvalidInput, match=name):
        read({name: empty})


def test_the_fee_of_a_currency_that_is_empty_cannot_be_read() -> None:
    with pytest.raises(InvalidInput, match="USDT"):
        order_row(order(**FILLED, cumFeeDetail={"USDT": ""}))


def test_margins_that_bybit_leaves_empty_reserve_nothing() -> None:
    (found,) = balances(wallet(totalPositionIM="", totalOrderIM="", locked=""))
    assert (found.balance, found.available) == (D(1000), D(1000))


def test_a_position_without_a_liquidation_price_is_read() -> None:
    (found,) = positions([HELD | {"liqPrice": ""}])
    assert found.liquidation_price is None


@pytest.mark.parametrize("fee", ["1000000", "-1000000", "5.01"])
@pytest.mark.parametrize("currency", ["", "USDT"])
def test_a_fee_above_five_percent_of_the_trade_cannot_be_read(fee: str, currency: str) -> None:
    traded: dict[str, Any] = {"execPrice": "100", "execQty": "1", "feeCurrency": currency}
    with pytest.raises(InvalidInput, match=f"execFee {fee} is more than 5% of the 100 that was traded"):
        execution_row(execution(**traded, execFee=fee), "USDT")


@pytest.mark.parametrize("fee", ["5", "-5", "0"])
def test_a_fee_or_rebate_of_at_most_five_percent_is_read(fee: str) -> None:
    row = execution_row(execution(execPrice="100", execQty="1", execFee=fee, feeCurrency="USDT"), "USDT")
    assert row.fee == D(fee)
