"""The adapter on responses in the shapes that OKX documents. One contract is 0.01 BTC."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from adapters.ccxt import CcxtExchange
from adapters.ccxt.dialect import dialect_of
from adapters.ccxt.names import Names
from commands.exchange import Filled, Report
from domain.direction import Direction
from domain.errors import ExchangeError, ExchangeRefused, ExchangeUnreachable, OutcomeUnknown
from domain.venue import VenueStatus
from tests.adapters.ccxt.okx import (
    ALGO,
    AMEND,
    BALANCE,
    CANCEL,
    CANCEL_ALGO,
    INSTRUMENT,
    NO_ORDER,
    OPEN,
    OPEN_ALGO,
    ORDER,
    POSITION,
    TRADES,
    algo,
    answers,
    failed,
    order,
    response,
    trade,
)
from tests.adapters.ccxt.served import AT, Page, Served, Silence, bracket, exchange_on, polled, ticket

D = Decimal
Running = tuple[CcxtExchange, Served]
ENTRY = "nsvwda8dgah11-e1"


def link(order_id: str) -> str:
    """The client order id under which OKX has an order of ours: it takes letters and digits only."""
    return Names({}, dialect_of("okx").order_id).link(order_id)


@pytest.fixture
def running() -> Iterator[Running]:
    with exchange_on("okx", answers()) as found:
        yield found


def test_an_order_is_sent_in_contracts_under_a_digest_of_our_id(running: Running) -> None:
    exchange, served = running
    exchange.submit([ticket(ENTRY, INSTRUMENT, limit="60000.1")])
    (sent,) = served.sent("POST", ORDER)
    assert (sent["sz"], sent["px"], sent["clOrdId"]) == ("50", "60000.1", link(ENTRY))
    assert link(ENTRY).isalnum()
    assert len(link(ENTRY)) == 32


def test_a_part_of_a_contract_that_okx_would_truncate_is_not_sent(running: Running) -> None:
    exchange, served = running
    with pytest.raises(ExchangeRefused, match="step"):
        exchange.submit([ticket(ENTRY, INSTRUMENT, quantity="0.5005")])
    assert served.sent("POST", ORDER) == []


def test_a_stop_is_placed_before_its_entry_and_a_target_after_it(running: Running) -> None:
    exchange, served = running
    exchange.submit(bracket(ticket(ENTRY, INSTRUMENT), "58000", "64000"))
    posts = [one for one in served.requests if one.method == "POST"]
    assert [(one.path, one.fields.get("algoClOrdId") or one.fields["clOrdId"]) for one in posts] == [
        (ALGO, link(f"{ENTRY}-s1")),
        (ORDER, link(ENTRY)),
        (ALGO, link(f"{ENTRY}-t1")),
    ]
    assert (posts[0].fields["slTriggerPx"], posts[0].fields["slOrdPx"]) == ("58000", "-1")
    assert (posts[2].fields["tpTriggerPx"], posts[2].fields["tpOrdPx"]) == ("64000", "-1")
    assert [one.fields.get("reduceOnly") for one in posts] == [True, None, True]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (failed("51008", "Order failed. Insufficient USDT margin in account"), ExchangeRefused),
        (failed("51000", "Parameter px error"), ExchangeRefused),
        (failed("59999", "A code that nobody documents"), OutcomeUnknown),
        (response(code="50004", message="API endpoint request timeout"), OutcomeUnknown),
        (response(code="50001", message="Service temporarily unavailable"), OutcomeUnknown),
        (response(code="50011", message="Too Many Requests"), OutcomeUnknown),
        (Page(200, "<html>maintenance</html>"), OutcomeUnknown),
        (Page(502, "<html>bad gateway</html>"), OutcomeUnknown),
        (response(), OutcomeUnknown),
        (response({"ordId": "", "clOrdId": "", "sCode": "0", "sMsg": ""}), OutcomeUnknown),
    ],
    ids=["margin", "parameter", "unknown", "timeout", "down", "often", "html", "502", "empty", "no id"],
)
def test_what_a_response_to_an_order_proves(
    running: Running, answer: Any, error: type[ExchangeError]
) -> None:
    exchange, served = running
    served.answers[f"POST {ORDER}"] = answer
    with pytest.raises(error):
        exchange.submit([ticket(ENTRY, INSTRUMENT)])
    assert len(served.sent("POST", ORDER)) == 1


def test_an_order_without_a_response_has_an_unknown_outcome() -> None:
    with exchange_on("okx", answers(), response=0.5) as (exchange, served):
        served.answers[f"POST {ORDER}"] = Silence()
        with pytest.raises(OutcomeUnknown, match="no response arrived in time"):
            exchange.submit([ticket(ENTRY, INSTRUMENT)])


def test_an_order_filled_in_parts_is_reported_in_base_currency(running: Running) -> None:
    exchange, served = running
    exchange.submit([ticket(ENTRY, INSTRUMENT, limit="60000")])
    served.answers[f"GET {OPEN}"] = response(
        order(link(ENTRY), state="partially_filled", accFillSz="20", avgPx="60000")
    )
    served.answers[f"GET {TRADES}"] = response(trade("1"))
    first = polled(exchange)
    served.answers[f"GET {TRADES}"] = response(trade("1"), trade("2", fillSz="30", fee="1.5", execType="T"))
    second = polled(exchange)
    assert [type(one).__name__ for one in first] == ["Accepted", "Filled"]
    fills = [one for one in (*first, *second) if isinstance(one, Filled)]
    assert [(one.order_id, one.quantity, one.fee, one.liquidity) for one in fills] == [
        (ENTRY, D("0.2"), D("4.8"), "MAKER"),
        (ENTRY, D("0.3"), D("-1.5"), "TAKER"),
    ]


def test_a_cancelled_order_is_reported_with_what_was_filled(running: Running) -> None:
    exchange, served = running
    exchange.submit([ticket(ENTRY, INSTRUMENT, limit="60000")])
    exchange.cancel(ENTRY, AT)
    assert [one["ordId"] for one in served.sent("POST", CANCEL)] == ["1001"]
    served.answers[f"GET {ORDER}"] = response(
        order(link(ENTRY), state="canceled", accFillSz="20", avgPx="60000")
    )
    assert [type(one).__name__ for one in polled(exchange)] == ["Accepted", "Cancelled"]
    found = exchange.order(ENTRY)
    assert found is not None
    assert (found.status, found.quantity, found.filled, found.notional) == (
        VenueStatus.CANCELLED,
        D("0.5"),
        D("0.2"),
        D(12000),
    )


def test_an_amendment_states_what_changes(running: Running) -> None:
    exchange, served = running
    served.answers[f"GET {ORDER}"] = response(order(link(ENTRY)))
    exchange.submit([ticket(ENTRY, INSTRUMENT, limit="60000")])
    exchange.amend(ENTRY, AT, quantity=D("0.25"), limit_price=None, trigger_price=None)
    (sent,) = served.sent("POST", AMEND)
    assert {name: sent[name] for name in sent if name != "instId"} == {"ordId": "1001", "newSz": "25"}


def test_a_triggered_stop_has_the_fills_of_its_order_and_ends_the_target(running: Running) -> None:
    exchange, served = running
    stop_id, target_id = f"{ENTRY}-s1", f"{ENTRY}-t1"
    exchange.submit(bracket(ticket(ENTRY, INSTRUMENT), "58000", "64000"))
    later = str(1_793_534_405_000)
    filled = order(link(ENTRY), ordType="market", state="filled", accFillSz="50", avgPx="60000")
    child = order(
        "", "1002", side="sell", ordType="market", state="filled", accFillSz="50", avgPx="57980", uTime=later
    )
    stop = algo(link(stop_id), state="effective", ordId="1002", uTime=later)
    target = algo(link(target_id), "3002", slTriggerPx="", slOrdPx="", tpTriggerPx="64000", tpOrdPx="-1")
    orders = {link(ENTRY): filled, "1002": child}
    algos = {link(stop_id): stop, link(target_id): target}
    served.answers[f"GET {ORDER}"] = lambda request: _one(orders, request.fields, "clOrdId", "ordId")
    served.answers[f"GET {ALGO}"] = lambda request: _one(algos, request.fields, "algoClOrdId", "algoId")
    served.answers[f"GET {OPEN_ALGO}"] = response(target)
    served.answers[f"GET {TRADES}"] = response(trade("9", "1002", side="sell", fillSz="50", fillPx="57980"))
    reports = polled(exchange)
    assert [one.order_id for one in reports if isinstance(one, Filled)] == [stop_id]
    assert [one["algoId"] for one in served.sent("POST", CANCEL_ALGO)] == ["3002"]
    found = exchange.order(stop_id)
    assert found is not None
    assert (found.status, found.filled, found.notional) == (VenueStatus.FILLED, D("0.5"), D(28990))
    assert not any(type(one).__name__ == "Amended" for one in reports if isinstance(one, Report))


def test_positions_and_balances_have_no_unrealised_profit(running: Running) -> None:
    exchange, served = running
    served.answers["GET /api/v5/account/positions"] = response(POSITION)
    (position,) = exchange.positions()
    assert (position.direction, position.quantity, position.liquidation_price) == (
        Direction.SHORT,
        D("0.5"),
        D("71000.5"),
    )
    (balance,) = exchange.balances()
    assert (balance.currency, balance.balance, balance.available) == ("USDT", D("1000.5"), D("700.25"))
    assert BALANCE["details"][0]["eq"] != "1000.5"


def test_a_position_of_hedge_mode_is_refused(running: Running) -> None:
    exchange, served = running
    served.answers["GET /api/v5/account/positions"] = response({**POSITION, "posSide": "short"})
    with pytest.raises(ExchangeRefused, match="hedge"):
        exchange.positions()


def test_rules_are_stated_in_base_currency(running: Running) -> None:
    exchange, _ = running
    (rules,) = exchange.instruments()
    assert (rules.id, rules.tick, rules.lot, rules.min_quantity) == (
        INSTRUMENT,
        D("0.1"),
        D("0.001"),
        D("0.001"),
    )
    assert exchange.server_time() == AT


@pytest.mark.parametrize("answer", [Page(200, "<html></html>"), Page(502, ""), Page(200, "[{"), {"a": 1}])
def test_a_query_without_a_usable_response_is_unreachable(running: Running, answer: Any) -> None:
    exchange, served = running
    exchange.submit([ticket(ENTRY, INSTRUMENT)])
    served.answers[f"GET {TRADES}"] = served.answers[f"GET {ORDER}"] = answer
    for query in (lambda: exchange.executions(AT), lambda: exchange.order(ENTRY)):
        with pytest.raises(ExchangeUnreachable):
            query()


def _one(rows: dict[str, Any], fields: Any, *names: str) -> dict[str, Any]:
    keys = [fields[name] for name in names if name in fields]
    return response(rows[keys[0]]) if keys[0] in rows else NO_ORDER
