"""The fills table has each execution once, and its sums by order equal the states of the orders."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from domain.arithmetic import total
from domain.order import OrderFilled
from projections.fills import FILLS
from projections.projection import Row
from tests.domain.history import BTC, NOW, D
from tests.projections.odd import an_odd_log
from tests.projections.worlds import LOGS, recorded, states, table_of


@pytest.mark.parametrize("name", LOGS)
def test_executions_and_sums_of_an_orders_fills_equal_the_state_of_the_order(name: str) -> None:
    log = LOGS[name]()
    fills: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in table_of(FILLS, log).values():
        fills[row["account"], row["order_id"]].append(row)
    seen = 0
    for stream, state in states(log, "order"):
        own = fills.pop((stream.account, stream.id), [])
        seen += len(own)
        assert {row["execution_id"] for row in own} == state.executions
        assert _sums(own) == (state.filled, state.notional, state.fees)
        terms = state.terms
        columns = {(row["instrument"], row["side"], row["purpose"]) for row in own}
        assert columns <= {(terms.instrument, terms.side.value, terms.purpose.value)}
    assert not fills
    assert seen > 5


def _sums(rows: list[Row]) -> tuple[Decimal, ...]:
    names = ("quantity", "notional", "fee")
    return tuple(total(row[name] for row in rows) for name in names)


def test_an_execution_recorded_twice_is_one_row_at_its_first_ordinal() -> None:
    log = an_odd_log()
    rows: Any = table_of(FILLS, log)
    fills = [(at, one.event) for at, one in recorded(log, OrderFilled)]
    first = [at for at, fill in fills if isinstance(fill, OrderFilled) and fill.execution_id == "x1"]
    assert len(first) == 2
    assert (first[1],) not in rows
    assert rows[first[0],] == {
        "account": "main",
        "order_id": "abc-e1",
        "chain": "abc",
        "instrument": BTC,
        "side": "BUY",
        "purpose": "ENTRY",
        "execution_id": "x1",
        "price": D(100),
        "quantity": D(4),
        "notional": D(400),
        "fee": D("0.1"),
        "fee_currency": "USDT",
        "liquidity": "TAKER",
        "at": NOW,
        "ordinal": first[0],
    }
