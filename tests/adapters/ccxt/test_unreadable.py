"""A row that cannot be read is kept once, and neither stops the polls nor hides the other rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from adapters.ccxt.unreadable import Unreadable
from domain.errors import ExchangeUnreachable, InvalidInput
from tests.adapters.ccxt import binance
from tests.adapters.ccxt.binance import ALGO, INSTRUMENT, OPEN, ORDER, TRADES, algo, answers, order
from tests.adapters.ccxt.served import AT, KEY, SECRET, Page, bracket, exchange_on, polled, ticket
from tests.commands.exchange_contract import about

ENTRY = "nsvwda8dgah11-e1"
FAMILY = bracket(ticket(ENTRY, INSTRUMENT, limit="60000"), "58000", "64000")

UNREADABLE: Mapping[str, Any] = {
    "unknown status": order("other", 1009, status="UPSIDE_DOWN"),
    "no number": order("other", 1009, origQty="many"),
    "no time": order("other", 1009, time=None, updateTime=None),
    "no symbol": order("other", 1009, symbol=["BTCUSDT"]),
    "ccxt raises": order("other", 1009, executedQty="few", avgPrice="much"),
    "no object": "order 1009",
}


@pytest.mark.parametrize("row", UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_order_is_one_letter_of_many_polls_and_the_others_are_reported(
    row: Any,
) -> None:
    with exchange_on("binanceusdm", answers()) as (exchange, served):
        exchange.submit([ticket(ENTRY, INSTRUMENT, limit="60000")])
        served.answers[f"GET {OPEN}"] = [row, order(ENTRY)]
        assert about(polled(exchange), ENTRY) == ["Accepted"]
        polled(exchange)
        polled(exchange)
        (kept,) = exchange.unread()
        assert "1009" in kept.content
        with pytest.raises(ExchangeUnreachable):
            exchange.open_orders()


def test_an_unreadable_trade_is_one_letter_and_the_others_are_fills() -> None:
    spoiled = {**binance.trade(2), "price": "much"}
    with exchange_on("binanceusdm", answers()) as (exchange, served):
        exchange.submit([ticket(ENTRY, INSTRUMENT, limit="60000")])
        served.answers[f"GET {OPEN}"] = [order(ENTRY)]
        served.answers[f"GET {TRADES}"] = [binance.trade(1), spoiled]
        assert "Filled" in about(polled(exchange), ENTRY)
        polled(exchange)
        assert [one.reason for one in exchange.unread()] == [
            "price: 'much' is not a number in the digits 0 to 9"
        ]
        with pytest.raises(ExchangeUnreachable):
            exchange.executions(AT)


def test_what_was_unreadable_holds_no_secret() -> None:
    with exchange_on("binanceusdm", answers()) as (exchange, served):
        exchange.submit([ticket(ENTRY, INSTRUMENT, limit="60000")])
        status = f"{KEY} {SECRET} {'ab' * 64}"
        served.answers[f"GET {OPEN}"] = [order("other", 1009, status=status)]
        polled(exchange)
        (kept,) = exchange.unread()
        with pytest.raises(ExchangeUnreachable) as raised:
            exchange.open_orders()
        for text in (kept.content, kept.reason, str(raised.value)):
            assert not any(hidden in text for hidden in (KEY, SECRET, "abababab"))


def test_the_stop_of_an_entry_that_was_placed_after_all_stays() -> None:
    """The response refuses the entry, the query does not list it yet, and a poll shows it."""
    refusal = Page(400, json.dumps({"code": -2019, "msg": "Margin is insufficient."}))
    with exchange_on("binanceusdm", {**answers(), f"POST {ORDER}": refusal}) as (exchange, served):
        exchange.submit(FAMILY)
        served.answers[f"GET {OPEN}"] = [order(ENTRY)]
        served.answers[f"GET {ALGO}"] = algo(f"{ENTRY}-s1")
        polled(exchange)
        polled(exchange)
        assert served.sent("DELETE", ALGO) == []


def test_rows_are_told_apart_by_their_id_and_by_what_is_wrong_with_them() -> None:
    kept: list[tuple[object, str]] = []
    unreadable = Unreadable(lambda row, reason: kept.append((row, reason)))

    def fails(reason: str) -> None:
        raise InvalidInput(reason)

    for row, reason, key in (
        ({"n": 1}, "a", "1"), ({"n": 2}, "a", "1"), ({"n": 2}, "b", "1"), ({"n": 2}, "b", "2"),
        ({"n": 3}, "c", ""), ({"n": 3}, "c", ""), ({"n": 4}, "c", ""),
    ):  # fmt: skip
        assert unreadable.read(row, partial(fails, reason), key) is None
    assert [reason for _, reason in kept] == ["a", "b", "b", "c", "c"]
    assert unreadable.read({}, lambda: 7) == 7
