"""A time that lies ahead of this machine's clock makes the row of an order or an execution unreadable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.bybit.execution_row import execution_row
from adapters.bybit.order_row import order_row
from adapters.ccxt.dialect import Dialect
from adapters.ccxt.trade_row import trade_row
from adapters.time_bound import FUTURE, check_time
from domain.errors import InvalidInput
from tests.adapters.bybit.pushed import execution, order
from tests.adapters.ccxt.test_trade_row import MARKET, TRADE
from tests.domain.history import NOW

READERS: Mapping[str, Callable[[dict[str, Any]], object]] = {
    "execTime": lambda changed: execution_row(execution(**changed), "USDT"),
    "createdTime": lambda changed: order_row(order(**changed)),
    "updatedTime": lambda changed: order_row(order(**changed)),
    "timestamp": lambda changed: trade_row(TRADE | changed, MARKET, Dialect()),
}


@pytest.mark.parametrize("name", READERS)
def test_a_row_of_a_future_time_is_not_read_and_the_reason_names_the_field(name: str) -> None:
    later = int((datetime.now(UTC) + 2 * FUTURE).timestamp() * 1000)
    given = later if name == "timestamp" else str(later)
    with pytest.raises(InvalidInput, match=rf"^{name} .* lies ahead of this machine's clock$"):
        READERS[name]({name: given})


def test_a_time_within_the_bound_is_returned() -> None:
    assert check_time("at", NOW + FUTURE, NOW) == NOW + FUTURE
    with pytest.raises(InvalidInput):
        check_time("at", NOW + FUTURE + timedelta(microseconds=1), NOW)
