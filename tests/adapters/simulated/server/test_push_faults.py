"""Every fault of a push and of a connection, as the real clients see it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from adapters.simulated.server import VenueServer
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.order import Order
from adapters.simulated.venue.requests import OrderRequest, read
from domain.direction import Side
from tests.adapters.simulated.server.clients import Inbox, pybit_http, pybit_socket
from tests.adapters.simulated.server.serving import SECRET, RunningVenue

BTC = {"category": "linear", "symbol": "BTCUSDT"}
LIMIT = {**BTC, "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "49000"}


class Listening:
    """pybit's private socket with the messages of one topic."""

    def __init__(self, venue: RunningVenue, **more: Any) -> None:
        self.venue, self.inbox = venue, Inbox()
        self.socket = pybit_socket(venue, "private", **more)
        self.socket.order_stream(self.inbox.put)
        venue.await_topic("order")

    def statuses(self, count: int) -> list[tuple[str, str]]:
        """Link and status of the next pushed orders."""
        rows = [self.inbox.next()["data"][0] for _ in range(count)]
        return [(row["orderLinkId"], row["orderStatus"]) for row in rows]


@pytest.fixture
def heard(venue: RunningVenue) -> Iterator[Listening]:
    listening = Listening(venue)
    yield listening
    listening.socket.exit()


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [
        ({"kind": "missing"}, [("two", "New"), ("one", "Cancelled")]),
        ({"kind": "duplicate"}, [("one", "New"), ("one", "New"), ("two", "New"), ("one", "Cancelled")]),
        ({"kind": "reordered"}, [("two", "New"), ("one", "New"), ("one", "Cancelled")]),
        ({"kind": "delay", "value": 300}, [("two", "New"), ("one", "Cancelled"), ("one", "New")]),
    ],
)
def test_a_push_is_spoiled(heard: Listening, fault: dict[str, Any], statuses: list[tuple[str, str]]) -> None:
    heard.venue.fails("order", **fault)
    session = pybit_http(heard.venue)
    for link in ("one", "two"):
        session.place_order(**LIMIT, orderLinkId=link)
    session.cancel_order(**BTC, orderLinkId="one")
    assert heard.statuses(len(statuses)) == statuses


def test_a_push_that_is_reordered_by_another_account_s_push_goes_to_its_own_account(heard: Listening) -> None:
    venue = heard.venue
    other = venue.do(lambda one: one.venue.open_account("other", SECRET, Decimal(10_000)))
    before = venue.sessions()
    inbox, socket = Inbox(), pybit_socket(venue, "private", api_key="other")
    socket.order_stream(inbox.put)
    venue.await_other_session("order", before)
    venue.fails("order", "reordered")
    for account, link in ((venue.account, "mine"), (other, "other"), (other, "last")):
        request = read(OrderRequest, {**LIMIT, "orderLinkId": link})
        venue.do(partial(placed, account, request))
    assert heard.statuses(1) == [("mine", "New")]
    assert [inbox.next()["data"][0]["orderLinkId"] for _ in range(2)] == ["other", "last"]
    socket.exit()


def placed(account: Account, request: OrderRequest, server: VenueServer) -> Order:
    return server.venue.create(account, request, server.clock.market())


def test_an_order_is_filled_without_having_been_new(heard: Listening) -> None:
    heard.venue.fails("order", "missing", status="New")
    pybit_http(heard.venue).place_order(**{**LIMIT, "price": "49999"}, orderLinkId="one")
    heard.venue.trade(Side.SELL, "49999", "20")
    assert heard.statuses(1) == [("one", "Filled")]


def test_a_cancel_that_races_a_fill_is_answered_by_a_second_filled(heard: Listening) -> None:
    session = pybit_http(heard.venue)
    session.place_order(**LIMIT, orderLinkId="one")
    heard.venue.act("fill_twice", orderLinkId="one")
    assert heard.statuses(1) == [("one", "New")]
    first, second = (heard.inbox.next()["data"][0] for _ in range(2))
    assert (first["orderStatus"], first["rejectReason"]) == ("Filled", "EC_NoError")
    assert (second["orderStatus"], second["cancelType"], second["rejectReason"]) == (
        "Filled",
        "CancelByUser",
        "EC_OrigClOrdIDDoesNotExist",
    )


def test_a_partly_filled_order_is_cancelled_by_the_venue(heard: Listening) -> None:
    pybit_http(heard.venue).place_order(**LIMIT, orderLinkId="one")
    heard.venue.act("fill_and_cancel", orderLinkId="one", qty="0.004")
    row = [heard.inbox.next()["data"][0] for _ in range(2)][1]
    assert (row["orderStatus"], row["cumExecQty"], row["leavesQty"]) == ("Cancelled", "0.004", "0")


@pytest.mark.parametrize(
    ("action", "request_", "seen"),
    [
        ("cancel_by_hand", {}, {"orderStatus": "Cancelled", "cancelType": "CancelByUser"}),
        ("amend_by_hand", {"price": "48000"}, {"orderStatus": "New", "price": "48000.0"}),
        ("amend_by_hand", {"qty": "0.02"}, {"orderStatus": "New", "qty": "0.020"}),
    ],
)
def test_a_person_changes_an_order(
    heard: Listening, action: str, request_: dict[str, str], seen: dict[str, str]
) -> None:
    pybit_http(heard.venue).place_order(**LIMIT, orderLinkId="one")
    heard.venue.act(action, orderLinkId="one", **request_)
    assert heard.statuses(1) == [("one", "New")]
    assert heard.inbox.next()["data"][0].items() >= seen.items()


def test_funding_rows_are_among_the_executions(venue: RunningVenue) -> None:
    inbox, socket = Inbox(), pybit_socket(venue, "private")
    socket.execution_stream(inbox.put)
    venue.await_topic("execution")
    session = pybit_http(venue)
    session.place_order(**BTC, side="Buy", orderType="Market", qty="0.01")
    venue.act("fund", rate="0.0001")
    assert [inbox.next()["data"][0]["execType"] for _ in range(2)] == ["Trade", "Funding"]
    rows = session.get_executions(**BTC)["result"]["list"]
    assert [row["execType"] for row in rows] == ["Funding", "Trade"]
    socket.exit()


def test_a_position_is_liquidated(venue: RunningVenue) -> None:
    inbox, socket = Inbox(), pybit_socket(venue, "private")
    socket.position_stream(inbox.put)
    venue.await_topic("position")
    session = pybit_http(venue)
    session.place_order(**BTC, side="Buy", orderType="Market", qty="0.01")
    venue.act("liquidate")
    assert [inbox.next()["data"][0]["size"] for _ in range(2)] == ["0.010", "0"]
    assert session.get_executions(**BTC)["result"]["list"][0]["execType"] == "BustTrade"
    socket.exit()


def hear_numbers(socket: Any, inbox: Inbox) -> None:
    """Puts `u` of every book of 50 levels into the inbox."""

    def hear(message: Any) -> None:
        inbox.put(message["data"]["u"])

    socket.orderbook_stream(50, "BTCUSDT", hear)


def book_numbers(venue: RunningVenue, act: Any) -> list[int]:
    """`u` of the snapshot and of the next two books that pybit hands over; `act` comes before them."""
    inbox, socket = Inbox(), pybit_socket(venue, "linear")
    hear_numbers(socket, inbox)
    numbers = [inbox.next()]
    act()
    for size in ("2", "3"):
        venue.show(Side.BUY, "49990", size)
        numbers.append(inbox.next())
    socket.exit()
    return numbers


def test_a_book_has_no_gap(venue: RunningVenue) -> None:
    first, *others = book_numbers(venue, lambda: None)
    assert others == [first + 1, first + 2]


def test_a_missing_delta_is_a_gap(venue: RunningVenue) -> None:
    def lose_one() -> None:
        venue.fails("orderbook.50", "missing")
        venue.show(Side.BUY, "49990", "1")
        venue.await_fault()

    first, *others = book_numbers(venue, lose_one)
    assert others == [first + 2, first + 3]


def test_a_restarted_service_begins_its_books_at_one(venue: RunningVenue) -> None:
    inbox, socket = Inbox(), pybit_socket(venue, "linear")
    hear_numbers(socket, inbox)
    inbox.next()
    venue.act("restart_books")
    assert inbox.next() == 1
    venue.show(Side.BUY, "49990", "2")
    assert inbox.next() == 2
    socket.exit()


def test_a_restart_forgets_ended_orders_but_the_history_has_them(venue: RunningVenue) -> None:
    session = pybit_http(venue)
    session.place_order(**LIMIT, orderLinkId="one")
    session.cancel_order(**BTC, orderLinkId="one")
    assert len(session.get_open_orders(**BTC, openOnly=1)["result"]["list"]) == 1
    venue.act("restart")
    assert session.get_open_orders(**BTC, openOnly=1)["result"]["list"] == []
    assert session.get_open_orders(**BTC, orderLinkId="one")["result"]["list"] == []
    assert len(session.get_order_history(**BTC, orderLinkId="one")["result"]["list"]) == 1


@pytest.mark.parametrize("action", ["cut", "silence"])
def test_pybit_connects_again_after_its_socket_was_lost(venue: RunningVenue, action: str) -> None:
    heard = Listening(venue, ping_interval=0.3, ping_timeout=0.2, retries=0)
    before = venue.sessions()
    venue.act(action)
    venue.await_other_session("order", before)
    pybit_http(venue).place_order(**LIMIT, orderLinkId="one")
    assert heard.statuses(1) == [("one", "New")]
    heard.socket.exit()


def test_pybit_connects_again_after_refused_connections(venue: RunningVenue) -> None:
    heard = Listening(venue, retries=0)
    before = venue.sessions()
    venue.act("refuse", ms=300)
    venue.await_other_session("order", before)
    pybit_http(venue).place_order(**LIMIT, orderLinkId="one")
    assert heard.statuses(1) == [("one", "New")]
    heard.socket.exit()
