"""The adapter on responses in the shapes that Binance documents for its USD-M futures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from decimal import Decimal
from typing import Any

import pytest

from adapters.ccxt import CcxtExchange
from commands.exchange import Filled, Funded, Liquidated, Report
from domain.direction import Direction, Side
from domain.errors import ExchangeError, ExchangeRefused, ExchangeUnreachable, OutcomeUnknown
from domain.order import OrderType
from domain.venue import VenueStatus
from tests.adapters.ccxt.binance import (
    ALGO,
    INSTRUMENT,
    NO_ORDER,
    OPEN,
    OPEN_ALGO,
    ORDER,
    POSITION,
    TRADES,
    algo,
    answers,
    order,
    trade,
)
from tests.adapters.ccxt.served import AT, Page, Served, Silence, bracket, exchange_on, polled, ticket

D = Decimal
Running = tuple[CcxtExchange, Served]


@pytest.fixture
def running() -> Iterator[Running]:
    with exchange_on("binanceusdm", answers()) as found:
        yield found


def test_a_limit_order_is_sent_with_our_id_and_every_digit(running: Running) -> None:
    exchange, served = running
    exchange.submit([ticket("e1", INSTRUMENT, quantity="0.001", limit="60000.1")])
    (sent,) = served.sent("POST", ORDER)
    expected = {"newClientOrderId": "e1", "quantity": "0.001", "price": "60000.1", "side": "BUY"}
    assert {name: sent[name] for name in expected} == expected


def test_a_stop_is_placed_before_its_entry_and_a_target_after_it(running: Running) -> None:
    exchange, served = running
    exchange.submit(bracket(ticket("e1", INSTRUMENT), "58000", "64000"))
    posts = [one for one in served.requests if one.method == "POST"]
    placed = [
        (one.path, one.fields.get("clientAlgoId") or one.fields["newClientOrderId"], one.fields["type"])
        for one in posts
    ]
    assert placed == [
        (ALGO, "e1-s1", "STOP_MARKET"),
        (ORDER, "e1", "MARKET"),
        (ALGO, "e1-t1", "TAKE_PROFIT_MARKET"),
    ]
    assert [one.fields.get("reduceOnly") for one in posts] == ["true", None, "true"]
    assert [one.fields.get("triggerPrice") for one in posts] == ["58000", None, "64000"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"code": -2019, "msg": "Margin is insufficient."}, ExchangeRefused),
        ({"code": -1111, "msg": "Precision is over the maximum defined for this asset."}, ExchangeRefused),
        ({"code": -1007, "msg": "Timeout waiting for response; execution status unknown."}, OutcomeUnknown),
        ({"code": -9999, "msg": "A code that nobody documents."}, OutcomeUnknown),
        (Page(200, "<html>maintenance</html>"), OutcomeUnknown),
        (Page(503, "<html>unavailable</html>"), OutcomeUnknown),
        (Page(429, '{"code": -1003, "msg": "Too many requests."}'), OutcomeUnknown),
        (Page(403, "<html>firewall</html>"), OutcomeUnknown),
        ({}, OutcomeUnknown),
        ([], OutcomeUnknown),
        (order("e1", orderId=None), OutcomeUnknown),
    ],
    ids=["margin", "precision", "timeout", "unknown", "html", "503", "429", "403", "empty", "list", "no id"],
)
def test_what_a_response_to_an_order_proves(
    running: Running, answer: Any, error: type[ExchangeError]
) -> None:
    exchange, served = running
    served.answers[f"POST {ORDER}"] = answer
    with pytest.raises(error):
        exchange.submit([ticket("e1", INSTRUMENT)])
    assert len(served.sent("POST", ORDER)) == 1


def test_an_order_without_a_response_has_an_unknown_outcome() -> None:
    with exchange_on("binanceusdm", answers(), response=0.5) as (exchange, served):
        served.answers[f"POST {ORDER}"] = Silence()
        with pytest.raises(OutcomeUnknown, match="no response arrived in time"):
            exchange.submit([ticket("e1", INSTRUMENT)])
        assert len(served.sent("POST", ORDER)) == 1


def test_a_refused_order_that_the_exchange_has_is_placed(running: Running) -> None:
    exchange, served = running
    served.answers[f"POST {ORDER}"] = {"code": -4015, "msg": "Client order id is not valid."}
    served.answers[f"GET {ORDER}"] = order("e1")
    exchange.submit([ticket("e1", INSTRUMENT)])


@pytest.mark.parametrize("found", [True, False], ids=["listed", "not listed yet"])
def test_a_repeated_client_order_id_is_never_a_refusal(running: Running, *, found: bool) -> None:
    """The exchange has the order, also where its lists do not show it yet."""
    exchange, served = running
    served.answers[f"POST {ORDER}"] = {"code": -4116, "msg": "ClientOrderId is duplicated."}
    served.answers[f"GET {ORDER}"] = order("e1") if found else {"code": -2013, "msg": "Order does not exist."}
    with nullcontext() if found else pytest.raises(OutcomeUnknown, match="-4116"):
        exchange.submit([ticket("e1", INSTRUMENT)])


def test_the_outcome_of_a_repeated_entry_of_a_bracket_is_unclear_and_its_stop_stays(running: Running) -> None:
    exchange, served = running
    served.answers[f"POST {ORDER}"] = {"code": -4116, "msg": "ClientOrderId is duplicated."}
    served.answers[f"GET {ORDER}"] = {"code": -2013, "msg": "Order does not exist."}
    served.answers[f"GET {ALGO}"] = algo("e1-s1")
    exchange.submit(bracket(ticket("e1", INSTRUMENT), "58000", "64000"))
    kinds = {one.order_id: type(one).__name__ for one in exchange.reports() if isinstance(one, Report)}
    assert kinds["e1"] == "OutcomeUnclear"
    assert served.sent("DELETE", ALGO) == []


def test_an_entry_that_was_refused_and_is_sent_again_keeps_its_stop(running: Running) -> None:
    exchange, served = running
    family, placed = bracket(ticket("e1", INSTRUMENT), "58000", "64000"), served.answers[f"POST {ORDER}"]
    served.answers[f"POST {ORDER}"] = {"code": -2019, "msg": "Margin is insufficient."}
    served.answers[f"GET {ALGO}"] = algo("e1-s1")
    exchange.submit(family)
    served.answers[f"POST {ORDER}"] = placed
    exchange.submit(family)
    exchange.reports()
    assert served.sent("DELETE", ALGO) == []


def test_an_entry_whose_stop_is_refused_is_never_sent(running: Running) -> None:
    exchange, served = running
    served.answers[f"POST {ALGO}"] = {"code": -2021, "msg": "Order would immediately trigger."}
    with pytest.raises(ExchangeRefused, match="-2021"):
        exchange.submit(bracket(ticket("e1", INSTRUMENT), "58000", "64000"))
    assert served.sent("POST", ORDER) == []


def test_the_stop_of_a_refused_entry_is_cancelled(running: Running) -> None:
    exchange, served = running
    served.answers[f"POST {ORDER}"] = {"code": -2019, "msg": "Margin is insufficient."}
    served.answers[f"GET {ALGO}"] = algo("e1-s1")
    exchange.submit(bracket(ticket("e1", INSTRUMENT), "58000", "64000"))
    kinds = {one.order_id: type(one).__name__ for one in exchange.reports() if isinstance(one, Report)}
    assert (kinds["e1"], kinds["e1-t1"]) == ("Rejected", "NotSent")
    assert [one["algoId"] for one in served.sent("DELETE", ALGO)] == ["3001"]


def test_an_order_filled_in_parts_is_reported_by_its_trades(running: Running) -> None:
    exchange, served = running
    exchange.submit([ticket("e1", INSTRUMENT, limit="60000")])
    served.answers[f"GET {OPEN}"] = [order("e1", status="PARTIALLY_FILLED", executedQty="0.200")]
    served.answers[f"GET {TRADES}"] = [trade(1)]
    first = polled(exchange)
    served.answers[f"GET {TRADES}"] = [trade(1), trade(2, qty="0.300", commission="7.2", maker=False)]
    second = polled(exchange)
    assert [type(one).__name__ for one in first] == ["Accepted", "Filled"]
    (fill,) = [one for one in second if isinstance(one, Filled)]
    assert (fill.order_id, fill.quantity, fill.price, fill.fee, fill.fee_currency, fill.liquidity) == (
        "e1",
        D("0.3"),
        D(60000),
        D("7.2"),
        "USDT",
        "TAKER",
    )


def test_a_cancelled_order_is_reported_with_what_was_filled(running: Running) -> None:
    exchange, served = running
    exchange.submit([ticket("e1", INSTRUMENT, limit="60000")])
    exchange.cancel("e1", AT)
    assert [one["orderId"] for one in served.sent("DELETE", ORDER)] == ["1001"]
    served.answers[f"GET {ORDER}"] = order("e1", status="CANCELED", executedQty="0.200", cumQuote="12000")
    assert [type(one).__name__ for one in polled(exchange)] == ["Accepted", "Cancelled"]
    found = exchange.order("e1")
    assert found is not None
    assert (found.status, found.filled, found.notional) == (VenueStatus.CANCELLED, D("0.2"), D(12000))


def test_an_amendment_states_all_terms(running: Running) -> None:
    exchange, served = running
    served.answers[f"GET {ORDER}"] = order("e1")
    exchange.submit([ticket("e1", INSTRUMENT, limit="60000")])
    exchange.amend("e1", AT, quantity=None, limit_price=D("59000.5"), trigger_price=None)
    (sent,) = served.sent("PUT", ORDER)
    assert (sent["orderId"], sent["quantity"], sent["price"]) == ("1001", "0.5", "59000.5")


def test_a_conditional_order_cannot_be_amended(running: Running) -> None:
    exchange, served = running
    served.answers[f"GET {ALGO}"] = algo("e1-s1")
    exchange.submit(bracket(ticket("e1", INSTRUMENT), "58000", "64000"))
    with pytest.raises(ExchangeRefused, match="cannot amend"):
        exchange.amend("e1-s1", AT, quantity=None, limit_price=None, trigger_price=D(57000))
    assert not exchange.amends_triggers


def test_a_triggered_stop_has_the_figures_of_the_order_that_it_became(running: Running) -> None:
    exchange, served = running
    exchange.submit(bracket(ticket("e1", INSTRUMENT), "58000", "64000"))
    later = {"side": "SELL", "status": "FILLED", "updateTime": 1_793_534_405_000}
    child = order("x", 1002, type="MARKET", executedQty="0.500", cumQuote="28990", **later)

    def one(request: Any) -> Mapping[str, Any]:
        known = {"1001": order("e1", status="FILLED", executedQty="0.500"), "1002": child}
        return known.get(request.fields.get("orderId"), NO_ORDER)

    stop = algo("e1-s1", algoStatus="FINISHED", actualOrderId="1002", updateTime=1_793_534_404_000)
    served.answers[f"GET {ORDER}"] = one
    target = algo("e1-t1", 3002, orderType="TAKE_PROFIT_MARKET", triggerPrice="64000")
    served.answers[f"GET {ALGO}"] = lambda request: {"e1-s1": stop, "e1-t1": target}.get(
        request.fields["clientAlgoId"], NO_ORDER
    )
    served.answers[f"GET {OPEN_ALGO}"] = [target]
    served.answers[f"GET {TRADES}"] = [trade(9, 1002, side="SELL", qty="0.500", price="57980")]
    reports = polled(exchange)
    assert [one.order_id for one in reports if isinstance(one, Filled)] == ["e1-s1"]
    found = exchange.order("e1-s1")
    assert found is not None
    assert (found.type, found.status, found.filled, found.trigger_price) == (
        OrderType.STOP,
        VenueStatus.FILLED,
        D("0.5"),
        D(58000),
    )
    assert {one["algoId"] for one in served.sent("DELETE", ALGO)} == {"3002"}


def test_a_stop_that_has_triggered_is_open_until_its_order_is_known(running: Running) -> None:
    exchange, served = running
    exchange.submit(bracket(ticket("e1", INSTRUMENT), "58000", "64000"))
    served.answers[f"GET {OPEN_ALGO}"] = [algo("e1-s1", algoStatus="TRIGGERED")]
    assert "Triggered" in {
        type(one).__name__ for one in polled(exchange) if isinstance(one, Report) and one.order_id == "e1-s1"
    }


def test_the_stop_is_found_by_its_client_id_after_a_restart() -> None:
    (_, stop, _) = bracket(ticket("e1", INSTRUMENT), "58000", "64000")
    with exchange_on("binanceusdm", answers(), {"e1-s1": stop.terms}) as (exchange, served):
        served.answers[f"GET {ALGO}"] = algo("e1-s1")
        found = exchange.order("e1-s1")
        assert found is not None
        assert (found.order_id, found.status, found.reduce_only) == ("e1-s1", VenueStatus.ACCEPTED, True)
        assert served.sent("GET", ALGO)[0]["clientAlgoId"] == "e1-s1"


def test_a_trade_of_a_liquidation_is_reported_as_one(running: Running) -> None:
    exchange, served = running
    exchange.submit([ticket("e1", INSTRUMENT)])
    served.answers[f"GET {ORDER}"] = order("autoclose-1793534400000", 1009, side="SELL", status="FILLED")
    served.answers[f"GET {TRADES}"] = [trade(5, 1009, side="SELL")]
    (report,) = [one for one in polled(exchange) if isinstance(one, Liquidated)]
    assert (report.instrument, report.side, report.quantity) == (INSTRUMENT, Side.SELL, D("0.2"))


def test_funding_is_reported_once_with_its_sign(running: Running) -> None:
    exchange, served = running
    exchange.submit([ticket("e1", INSTRUMENT, limit="60000")])
    served.answers[f"GET {OPEN}"] = [order("e1")]
    served.answers["GET /fapi/v1/income"] = [
        {
            "symbol": "BTCUSDT",
            "incomeType": "FUNDING_FEE",
            "income": "-1.25000000",
            "asset": "USDT",
            "time": 1_793_534_400_000,
            "info": "FUNDING_FEE",
            "tranId": 4711,
            "tradeId": "",
        }
    ]
    funded = [one for one in polled(exchange) if isinstance(one, Funded)]
    assert [(one.amount, one.fact) for one in funded] == [(D("-1.25"), "exchange:binanceusdm:4711")]
    assert [one for one in polled(exchange) if isinstance(one, Funded)] == []


def test_funding_in_another_currency_is_named_once_and_not_reported(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    exchange, served = running
    exchange.submit([ticket("e1", INSTRUMENT, limit="60000")])
    served.answers[f"GET {OPEN}"] = [order("e1")]
    payment = {"symbol": "BTCUSDT", "incomeType": "FUNDING_FEE", "income": "-0.01", "time": 1_793_534_400_000}
    served.answers["GET /fapi/v1/income"] = [
        {**payment, "asset": "BNB", "tranId": 1},
        {**payment, "asset": "BNB", "tranId": 2},
        {**payment, "asset": "USDT", "tranId": 3},
    ]
    funded = [one for one in polled(exchange) if isinstance(one, Funded)]
    assert [one.fact for one in funded] == ["exchange:binanceusdm:3"]
    (line,) = [one.getMessage() for one in caplog.records if "settles funding" in one.getMessage()]
    assert f"funding of {INSTRUMENT} in BNB (first: -0.01 BNB, payment 1)" in line


def test_positions_and_balances_have_no_unrealised_profit(running: Running) -> None:
    exchange, served = running
    served.answers["GET /fapi/v3/positionRisk"] = [POSITION]
    (position,) = exchange.positions()
    assert (position.direction, position.quantity, position.average_price) == (
        Direction.SHORT,
        D("0.5"),
        D(60000),
    )
    assert position.liquidation_price == D("71000.5")
    (balance,) = exchange.balances()
    assert (balance.currency, balance.balance, balance.available) == ("USDT", D("1000.5"), D("700.25"))


def test_a_position_of_hedge_mode_is_refused(running: Running) -> None:
    exchange, served = running
    served.answers["GET /fapi/v3/positionRisk"] = [{**POSITION, "positionSide": "SHORT"}]
    with pytest.raises(ExchangeRefused, match="hedge"):
        exchange.positions()


def test_rules_and_time_are_those_of_the_exchange(running: Running) -> None:
    exchange, _ = running
    (rules,) = exchange.instruments()
    assert (rules.id, rules.tick, rules.lot, rules.min_notional) == (
        INSTRUMENT,
        D("0.1"),
        D("0.001"),
        D(100),
    )
    assert exchange.server_time() == AT


@pytest.mark.parametrize("answer", [Page(200, "<html></html>"), Page(502, ""), Page(200, "[{"), {"a": 1}])
def test_a_query_without_a_usable_response_is_unreachable(running: Running, answer: Any) -> None:
    exchange, served = running
    exchange.submit([ticket("e1", INSTRUMENT)])
    served.answers[f"GET {TRADES}"] = served.answers[f"GET {ORDER}"] = answer
    for query in (lambda: exchange.executions(AT), lambda: exchange.order("e1")):
        with pytest.raises(ExchangeUnreachable):
            query()


def test_trades_of_one_time_are_in_the_order_of_their_numbers(running: Running) -> None:
    exchange, served = running
    exchange.submit([ticket("e1", INSTRUMENT)])
    served.answers[f"GET {TRADES}"] = [trade(number) for number in (9, 10, 100, 11)]
    assert [one.execution_id for one in exchange.executions(AT)] == ["9", "10", "11", "100"]


def test_an_order_that_was_refused_and_is_sent_again_is_polled(running: Running) -> None:
    exchange, served = running
    placed = served.answers[f"POST {ORDER}"]
    served.answers[f"POST {ORDER}"] = {"code": -2019, "msg": "Margin is insufficient."}
    with pytest.raises(ExchangeRefused):
        exchange.submit([ticket("e1", INSTRUMENT, limit="60000")])
    served.answers[f"POST {ORDER}"] = placed
    exchange.submit([ticket("e1", INSTRUMENT, limit="60000")])
    served.answers[f"GET {ORDER}"] = order("e1", status="CANCELED")
    assert [type(one).__name__ for one in polled(exchange)] == ["Accepted", "Cancelled"]
