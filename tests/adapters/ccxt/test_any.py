"""An exchange that has no entry in `DIALECTS`: its orders are searched in its lists."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from adapters.ccxt import CcxtExchange
from adapters.ccxt.dialect import ANY, DIALECTS, dialect_of
from adapters.ccxt.markets import Markets
from adapters.ccxt.names import Names
from adapters.ccxt.placing import placement
from domain.direction import Purpose, Side
from domain.errors import ExchangeRefused
from domain.venue import VenueStatus
from tests.adapters.ccxt.binance import ALGO, INSTRUMENT, OPEN, OPEN_ALGO, ORDER, algo, answers, order
from tests.adapters.ccxt.served import AT, Answers, Served, bracket, exchange_on, ticket
from tests.replacing import replace

ENTRY = "nsvwda8dgah11-e1"
ALL, ALL_ALGO = "/fapi/v1/allOrders", "/fapi/v1/allAlgoOrders"
FAMILY = bracket(ticket(ENTRY, INSTRUMENT, limit="60000"), "58000", "64000")


def link(order_id: str) -> str:
    return Names({}, ANY.order_id).link(order_id)


@pytest.fixture
def running() -> Iterator[tuple[CcxtExchange, Served]]:
    lists: Answers = {f"GET {ALL}": [], f"GET {ALL_ALGO}": []}
    options = DIALECTS["binanceusdm"].options
    dialect = replace(ANY, options=options)
    with exchange_on("binanceusdm", {**answers(), **lists}, dialect=dialect) as found:
        yield found


def test_an_exchange_without_an_entry_gets_the_general_dialect() -> None:
    assert dialect_of("bitget") is ANY
    assert dialect_of("okx") is DIALECTS["okx"]


def test_open_and_ended_orders_are_found_in_the_lists(running: tuple[CcxtExchange, Served]) -> None:
    exchange, served = running
    exchange.submit(FAMILY)
    assert served.sent("POST", ORDER)[0]["newClientOrderId"] == link(ENTRY)
    served.answers[f"GET {OPEN_ALGO}"] = [algo(link(f"{ENTRY}-s1"))]
    served.answers[f"GET {ALL}"] = [order(link(ENTRY), status="CANCELED"), order("of-another", 1009)]
    entry, stop = exchange.order(ENTRY), exchange.order(f"{ENTRY}-s1")
    assert entry is not None
    assert stop is not None
    assert (entry.status, stop.status) == (VenueStatus.CANCELLED, VenueStatus.ACCEPTED)
    assert exchange.order("never-sent") is None


def test_an_open_order_is_cancelled_where_it_is_listed(running: tuple[CcxtExchange, Served]) -> None:
    exchange, served = running
    exchange.submit(FAMILY)
    served.answers[f"GET {OPEN}"] = [order(link(ENTRY))]
    exchange.cancel(ENTRY, AT)
    exchange.cancel(f"{ENTRY}-s1", AT)
    assert [one["orderId"] for one in served.sent("DELETE", ORDER)] == ["1001"]
    assert [one["algoId"] for one in served.sent("DELETE", ALGO)] == ["3001"]


@pytest.mark.parametrize(
    ("side", "purpose", "direction"),
    [
        (Side.SELL, Purpose.STOP, "descending"),
        (Side.BUY, Purpose.STOP, "ascending"),
        (Side.SELL, Purpose.TARGET, "ascending"),
        (Side.BUY, Purpose.TARGET, "descending"),
    ],
)
def test_where_ccxt_has_no_stop_price_an_order_waits_for_a_direction(
    running: tuple[CcxtExchange, Served], side: Side, purpose: Purpose, direction: str
) -> None:
    exchange, _ = running
    exchange.instruments()
    markets = Markets(exchange.ccxt, exchange.ccxt.markets)
    is_target = purpose is Purpose.TARGET
    one = ticket(
        "x",
        INSTRUMENT,
        side,
        limit="60000" if is_target else None,
        trigger=None if is_target else "60000",
        purpose=purpose,
        parent="e",
    )
    market = markets.of(INSTRUMENT)
    placed = placement(one, "x", market, markets, ANY, {"triggerPrice": True})
    assert placed.params["triggerDirection"] == direction
    with pytest.raises(ExchangeRefused, match="no such conditional order"):
        placement(one, "x", market, markets, ANY, {})
    assert Decimal(placed.amount) == one.terms.quantity
