"""Brackets, names, pages and rules: what the adapter does at Bybit, and what it finds there after a restart."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from adapters.bybit import BybitExchange, Site
from adapters.simulated.server import VenueServer
from adapters.simulated.venue.order import Order
from adapters.simulated.venue.requests import ModeRequest, OrderRequest, read
from commands.exchange import AnyReport, Filled, Funded, Liquidated, Ticket
from domain.direction import Side
from domain.errors import ExchangeRefused, OutcomeUnknown
from domain.order import OrderPlaced
from domain.venue import VenueStatus
from tests.adapters.bybit.bench import QUICK, SYMBOL, BybitBench
from tests.commands.exchange_contract import Session, about
from tests.replacing import replace

BUY, SELL = Side.BUY, Side.SELL
D = Decimal
WAITING, ACTIVE, ENDED = "waiting", "active", "ended"


@pytest.fixture
def session(bench: BybitBench) -> Session:
    return Session(bench)


def restarted(bench: BybitBench, placed: dict[str, OrderPlaced]) -> BybitExchange:
    """Another adapter for the same account, which knows what the log has; its stream is not started."""
    site = Site(http=bench.venue.url, socket=bench.venue.socket_url)
    return BybitExchange(bench.credentials, site, placed, timing=QUICK, limits={})


def bracket(session: Session, limit: str | None = None) -> dict[str, OrderPlaced]:
    """Sends a bracket; returns its terms, as the log has them."""
    tickets = session.bracket(session.order("e", BUY, limit=limit), "95", "105")
    session.send(*tickets)
    return {ticket.order_id: ticket.terms for ticket in tickets}


def test_an_entry_and_its_stop_and_target_are_one_request(session: Session, bench: BybitBench) -> None:
    before = bench.venue.server.rest.requests
    bracket(session)
    assert bench.venue.server.rest.requests == before + 1


def test_a_position_has_its_stop_as_soon_as_it_exists(session: Session, bench: BybitBench) -> None:
    bracket(session)
    assert session.held() == [("LONG", D(1))]
    assert [(one.trigger_price, one.qty) for one in bench.account.orders.values()] == [
        (D(105), D(1)),
        (D(95), D(1)),
    ]


def test_a_refused_entry_leaves_no_stop_and_no_target(session: Session, bench: BybitBench) -> None:
    tickets = session.bracket(session.order("e", BUY, "900000"), "95", "105")
    with pytest.raises(ExchangeRefused):
        session.exchange.submit(tickets)
    assert not bench.account.orders
    assert [session.exchange.order(one) for one in ("e", "e-s", "e-t")] == [None] * 3


STAGES: dict[str, tuple[str | None, list[str], list[VenueStatus]]] = {
    WAITING: ("97", [], [VenueStatus.ACCEPTED] * 3),
    ACTIVE: (None, [], [VenueStatus.FILLED, VenueStatus.ACCEPTED, VenueStatus.ACCEPTED]),
    ENDED: (None, ["94"], [VenueStatus.FILLED, VenueStatus.FILLED, VenueStatus.CANCELLED]),
}


@pytest.mark.parametrize(("limit", "prices", "statuses"), STAGES.values(), ids=STAGES)
def test_a_restarted_adapter_finds_a_bracket_by_what_the_log_has(
    session: Session, bench: BybitBench, limit: str | None, prices: list[str], statuses: list[VenueStatus]
) -> None:
    terms = bracket(session, limit)
    bench.trades_at("100", *prices)
    since = bench.now() - timedelta(hours=1)
    with closing(restarted(bench, terms)) as again:
        found = [again.order(one) for one in terms]
        assert [one and one.status for one in found] == statuses
        assert found == [session.exchange.order(one) for one in terms]
        assert again.open_orders() == session.exchange.open_orders()
        assert again.executions(since) == session.exchange.executions(since)
    bench.venue.act("restart")  # the trading service forgets what had ended; the history has it
    with closing(restarted(bench, terms)) as again:
        assert [one and one.status for one in map(again.order, terms)] == statuses


def test_an_order_of_an_earlier_process_is_found_among_those_of_90_days(
    session: Session, bench: BybitBench
) -> None:
    ticket = session.order("old", BUY)
    session.send(ticket)
    order = bench.account.links["old"]
    for weeks, is_found in ((1, True), (11, True), (14, False)):
        bench.venue.do(partial(_aged, order, timedelta(weeks=weeks)))
        with (
            closing(restarted(bench, {"old": ticket.terms})) as again,
            closing(restarted(bench, {})) as other,
        ):
            assert (weeks, again.order("old") is not None) == (weeks, is_found)
            assert other.order("old") is None


def _aged(order: Order, by: timedelta, server: VenueServer) -> None:
    order.created = order.updated = server.clock.market() - by // timedelta(milliseconds=1) - 3_600_000
    order.account.recent.clear()


@pytest.mark.parametrize(("leg", "other"), [("e-s", "e-t"), ("e-t", "e-s")])
def test_a_waiting_stop_or_target_is_taken_out_of_its_entry(
    session: Session, bench: BybitBench, leg: str, other: str
) -> None:
    bracket(session, "97")
    session.cancel(leg)
    bench.hear()
    assert about(session.exchange.reports(), leg) == ["Accepted", "Cancelled"]
    assert [session.status(one) for one in (leg, other)] == [VenueStatus.CANCELLED, VenueStatus.ACCEPTED]
    session.bench.trades_at("96.5")
    assert [one.order_id for one in session.exchange.open_orders()] == [other]


@pytest.mark.parametrize("limit", ["97", None], ids=[WAITING, ACTIVE])
def test_a_stop_is_moved(session: Session, bench: BybitBench, limit: str | None) -> None:
    bracket(session, limit)
    session.exchange.amend("e-s", bench.now(), quantity=None, limit_price=None, trigger_price=D("96"))
    session.amend("e-t", limit="104")
    bench.hear()
    assert about(session.exchange.reports(), "e-s")[-1] == "Amended"
    found = [session.exchange.order(one) for one in ("e-s", "e-t")]
    assert [one and (one.trigger_price, one.limit_price) for one in found] == [(D(96), None), (None, D(104))]


def test_the_quantity_of_a_waiting_stop_is_that_of_its_entry(session: Session) -> None:
    bracket(session, "97")
    with pytest.raises(ExchangeRefused, match="quantity"):
        session.amend("e-s", quantity="3")
    session.amend("e", quantity="3")
    assert [one.quantity for one in session.exchange.open_orders()] == [D(3)] * 3


def test_a_target_is_not_cancelled_where_bybit_would_cancel_its_stop(session: Session) -> None:
    bracket(session)
    with pytest.raises(ExchangeRefused, match="stop"):
        session.cancel("e-t")
    assert {one.order_id for one in session.exchange.open_orders()} == {"e-s", "e-t"}
    session.cancel("e-s")
    assert session.status("e-s") is VenueStatus.CANCELLED


def test_a_stop_and_target_without_their_entry_are_orders_of_their_own(
    session: Session, bench: BybitBench
) -> None:
    """A resumed sender sends what is missing of a bracket."""
    session.send(session.order("e", BUY))
    _, stop, target = session.bracket(session.order("e", BUY), "95", "105")
    session.exchange.submit([stop, target])
    assert [(one.link, one.is_market, one.reduces) for one in bench.account.orders.values()] == [
        ("e-s", True, True),
        ("e-t", False, True),
    ]
    with closing(restarted(bench, {one.order_id: one.terms for one in (stop, target)})) as again:
        listed = {one.order_id: one for one in again.open_orders()}
        assert listed == {one: again.order(one) for one in ("e-s", "e-t")}
    session.bench.trades_at("94")
    assert session.held() == []


def test_of_several_requests_of_one_call_each_outcome_is_reported(
    session: Session, bench: BybitBench
) -> None:
    tickets = [
        session.order("good", BUY, limit="90"),
        session.order("bad", BUY, "0.0005"),
        session.order("lost", BUY, limit="90"),
    ]
    bench.venue.fails("/v5/order/create", "drop", commit=True, skip=2)
    session.exchange.submit(tickets)
    bench.hear()
    found = session.exchange.reports()
    assert [about(found, one.order_id) for one in tickets] == [
        ["Accepted"],
        ["Rejected"],
        ["Accepted", "OutcomeUnclear"],
    ]


def wrong_leg(session: Session, **changes: object) -> list[Ticket]:
    entry, stop, target = session.bracket(session.order("e", BUY), "95", "105")
    return [entry, replace(stop, terms=replace(stop.terms, **changes)), target]


UNSENT: dict[str, Callable[[Session], list[Ticket]]] = {
    "an id of 37 characters": lambda session: [session.order("x" * 37, BUY)],
    "an id with a blank": lambda session: [session.order("a b", BUY)],
    "an empty id": lambda session: [session.order("", BUY)],
    "a spot market": lambda session: [
        replace(one, terms=replace(one.terms, instrument="BTCUSDT-SPOT.BYBIT"))
        for one in [session.order("s", BUY)]
    ],
    "a stop of another quantity": lambda session: wrong_leg(session, quantity=D(2)),
    "a stop on the entry's side": lambda session: wrong_leg(session, side=BUY),
    "a stop that may open": lambda session: wrong_leg(session, reduce_only=False),
    "two stops": lambda session: [
        *session.bracket(session.order("e", BUY), "95", "105"),
        *wrong_leg(session)[1:2],
    ],
}


@pytest.mark.parametrize("tickets", UNSENT.values(), ids=UNSENT)
def test_what_bybit_cannot_take_as_it_is_is_not_sent(
    session: Session, bench: BybitBench, tickets: Callable[[Session], list[Ticket]]
) -> None:
    before = bench.venue.server.rest.requests
    with pytest.raises(ExchangeRefused, match="not sent"):
        session.exchange.submit(tickets(session))
    assert bench.venue.server.rest.requests == before


def test_a_lost_acknowledgement_of_a_bracket_is_found_whole(session: Session, bench: BybitBench) -> None:
    bench.venue.fails("/v5/order/create", "drop", commit=True)
    with pytest.raises(OutcomeUnknown):
        bracket(session)
    assert [session.status(one) for one in ("e", "e-s", "e-t")] == STAGES[ACTIVE][2]


def test_lists_of_several_pages_are_read_whole(session: Session, bench: BybitBench) -> None:
    """50 orders and 100 executions are in a page; 230 trades are one order's."""
    for number in range(60):
        session.exchange.submit([session.order(f"p{number}", BUY, "0.1", limit="90")])
        bench.venue.act("advance", ms=1)
    assert [one.order_id for one in session.exchange.open_orders()] == [f"p{number}" for number in range(60)]
    session.exchange.submit([session.order("big", BUY, "3", limit="99")])
    for _ in range(230):
        bench.venue.act("fill", key=bench.key, orderLinkId="big", qty="0.01")
    found = session.exchange.executions(bench.now() - timedelta(hours=1))
    assert (len(found), len({one.execution_id for one in found})) == (230, 230)
    bench.hear()
    fills = [one for one in session.exchange.reports() if isinstance(one, Filled)]
    assert [one.execution_id for one in fills] == [one.execution_id for one in found]


def test_instruments_are_kept_for_an_hour_and_read_again_after_an_error_of_rules(bench: BybitBench) -> None:
    now = [0.0]
    site = Site(http=bench.venue.url, socket=bench.venue.socket_url)
    exchange = BybitExchange(bench.credentials, site, timing=QUICK, limits={}, monotonic=lambda: now[0])
    session = Session(bench)

    def reads() -> int:
        before = bench.venue.server.rest.requests
        assert exchange.instruments()
        return bench.venue.server.rest.requests - before

    counted = [reads(), reads()]
    now[0] = 3599.0
    counted.append(reads())
    now[0] = 3600.0
    counted.append(reads())
    with pytest.raises(ExchangeRefused):
        exchange.submit([session.order("off", BUY, "0.0005")])
    counted.append(reads())
    assert counted == [1, 0, 0, 1, 1]
    exchange.close()


def test_an_account_in_hedge_mode_is_refused(session: Session, bench: BybitBench) -> None:
    bench.venue.do(
        lambda one: one.venue.switch_mode(
            bench.account, ModeRequest(category="linear", symbol=SYMBOL, mode=3), one.clock.market()
        )
    )
    with pytest.raises(ExchangeRefused, match="position idx"):
        session.exchange.submit([session.order("m", BUY)])
    bench.venue.do(partial(bought_in_hedge_mode, bench))
    with pytest.raises(ExchangeRefused, match="hedge"):
        session.exchange.positions()


def bought_in_hedge_mode(bench: BybitBench, server: VenueServer) -> None:
    body = {
        "category": "linear",
        "symbol": SYMBOL,
        "side": "Buy",
        "orderType": "Market",
        "qty": "1",
        "positionIdx": 1,
    }
    server.venue.create(bench.account, read(OrderRequest, body), server.clock.market())


def test_the_skew_of_the_clocks_is_measured(bench: BybitBench) -> None:
    bench.venue.act("skew", ms=2_500)
    found = bench.exchange.clock_reading()
    bench.venue.act("skew", ms=0)
    assert abs(found.ahead - timedelta(milliseconds=2_500)) <= found.bound + timedelta(milliseconds=2)
    assert timedelta(0) < found.round_trip


# What Bybit does by itself, and the reports that follow.
EVENTS: dict[str, tuple[list[tuple[str, dict[str, Any]]], list[str]]] = {
    "a fill in part, and the rest is cancelled": (
        [("fill_and_cancel", {"orderLinkId": "l", "qty": "0.4"})],
        ["Accepted", "Filled", "Cancelled"],
    ),
    "filled twice": ([("fill_twice", {"orderLinkId": "l"})], ["Accepted", "Filled", "CancelRefused"]),
    "cancelled by a person": ([("cancel_by_hand", {"orderLinkId": "l"})], ["Accepted", "Cancelled"]),
    "amended by a person": (
        [("amend_by_hand", {"orderLinkId": "l", "price": "89"})],
        ["Accepted", "Amended"],
    ),
}


@pytest.mark.parametrize(("actions", "expected"), EVENTS.values(), ids=EVENTS)
def test_what_bybit_does_by_itself_is_reported(
    session: Session, bench: BybitBench, actions: list[tuple[str, dict[str, Any]]], expected: list[str]
) -> None:
    session.exchange.submit([session.order("l", BUY, limit="90")])
    for name, request in actions:
        bench.venue.act(name, key=bench.key, **request)
    bench.hear()
    assert about(session.exchange.reports(), "l") == expected


SPOILED = [
    ({"where": "order", "kind": "missing", "status": "New"}, ["Accepted", "Filled"]),
    ({"where": "order", "kind": "missing", "times": 0}, ["Filled"]),
    ({"where": "order", "kind": "duplicate", "times": 0}, ["Accepted", "Filled"]),
    ({"where": "execution", "kind": "duplicate", "times": 0}, ["Accepted", "Filled"]),
    ({"where": "order", "kind": "reordered"}, ["Accepted", "Filled"]),
]


@pytest.mark.parametrize(("fault", "expected"), SPOILED, ids=str)
def test_spoiled_pushes_lead_to_one_fill(
    session: Session, bench: BybitBench, fault: dict[str, Any], expected: list[str]
) -> None:
    bench.venue.fails(**fault)
    session.exchange.submit([session.order("l", BUY, limit="99")])
    bench.trades_at("98")
    assert about(session.exchange.reports(), "l") == expected


def test_funding_and_a_liquidation_are_no_fills(session: Session, bench: BybitBench) -> None:
    session.exchange.submit([session.order("m", BUY)])
    for name, more in (("fund", {"rate": "0.001"}), ("liquidate", {"key": bench.key})):
        bench.venue.act(name, symbol=SYMBOL, **more)
    bench.hear()
    found: list[AnyReport] = list(session.exchange.reports())
    (funding,) = [one for one in found if isinstance(one, Funded)]
    (forced,) = [one for one in found if isinstance(one, Liquidated)]
    assert (funding.amount, forced.side, forced.quantity) == (D("-0.1"), SELL, D(1))
    assert [one.order_id for one in found if isinstance(one, Filled)] == ["m"]
    traded = session.exchange.executions(bench.now() - timedelta(hours=1))
    assert [(one.order_id, one.execution_id) for one in traded][1] == (None, forced.execution_id)
    assert len(traded) == 2
