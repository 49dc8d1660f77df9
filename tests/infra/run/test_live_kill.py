"""Ends of live trading over our venue: a trip closes whatever the exchange does and cancels protection once flat is
proved; a stop leaves the protection of what is held at the exchange."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from commands.door import Completed
from commands.flatness import FLAT
from commands.in_flight import orders_in_flight
from commands.request import MoveProtection, TripKillSwitch
from domain.direction import Side
from domain.order import OrderCancelRequested
from domain.settings import OnKill
from infra.run.holding import held
from infra.run.routing import Routing
from tests.adapters.bybit.bench import trade_at
from tests.adapters.simulated.server.serving import RunningVenue
from tests.infra.run.live_desk import BTC, LIMIT, PLAN, D, Desks, Dying, Killed, LiveDesk, desks_at
from tests.infra.run.test_live_adoption import ADOPT
from tests.replacing import replace

_RISK = replace(PLAN.settings.risk, on_kill=OnKill.CLOSE)
CLOSING = replace(PLAN, settings=replace(PLAN.settings, risk=_RISK))
ADOPTING = replace(CLOSING, settings=replace(CLOSING.settings, reconciliation=ADOPT))
ADDING = replace(LIMIT, terms=replace(LIMIT.terms, limit_price=D("99.5"), stop=None, target=None))
CREATE, POSITIONS = "/v5/order/create", "/v5/position/list"


@pytest.fixture
def desks(venue: RunningVenue) -> Iterator[Desks]:
    with desks_at(venue, plan=CLOSING) as made:
        yield made


def holding(desk: LiveDesk) -> LiveDesk:
    """The desk with a position of its strategy, and its stop and target at the exchange."""
    desk.started().closes_at("101")
    desk.until(lambda: desk.has("PositionOpened") and len(desk.exchange.open_orders()) == 2)
    return desk


def trips(desk: LiveDesk) -> None:
    assert isinstance(desk.asks(TripKillSwitch("the news")), Completed)


def passes_until(desk: LiveDesk, reached: Callable[[], bool], most: int = 60) -> None:
    """Lets the time pass second by second until the state is reached; fails after so many seconds."""
    for _second in range(most):
        if reached():
            return
        desk.passes(1)
        desk.arrived.wait(0.1)
        desk.run.attend()
    raise AssertionError((desk.names()[-12:], desk.exchange.positions(), desk.exchange.open_orders()))


def test_a_trip_reaches_the_routes_to_other_engines(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    followed = list[bool]()

    def follow(_self: Routing, _routes: object, *, is_tripped: bool = False) -> None:
        followed.append(is_tripped)

    monkeypatch.setattr(Routing, "follow", follow)
    desk = desks().started()
    desk.run.attend()
    assert not any(followed)
    trips(desk)
    desk.run.attend()
    assert followed[-1]


def is_flat(desk: LiveDesk) -> bool:
    """Whether log and exchange have neither position nor order."""
    portfolio = desk.run.world.portfolio
    return not (portfolio.positions or portfolio.entries or portfolio.exits) and not (
        desk.exchange.positions() or desk.exchange.open_orders()
    )


def adopted_with_stop(desk: LiveDesk, *, own: bool = True) -> str:
    """The id of the stop of an adopted position, which is no part of the position at the exchange.

    It is the log's `own`, or adopted with the position.
    """
    desk.trades_at("100")
    desk.stranger(side="Sell", orderType="Market", qty="0.3")
    desk.trades_at("100")
    if not own:
        waits = {"triggerPrice": "110", "triggerDirection": 1, "reduceOnly": True}
        desk.stranger(side="Buy", orderType="Market", qty="0.3", **waits)
    desk.started_in_doubt()
    if own:
        stream = desk.run.world.portfolio.positions[BTC].stream
        assert isinstance(desk.asks(MoveProtection(stream, stop=D(110))), Completed)
        desk.until(lambda: desk.names()[-1] == "ProtectionMoved")
    (stop,) = desk.run.world.portfolio.exits
    return stop


@pytest.mark.parametrize("own", [True, False], ids=["the log's own stop", "an adopted stop"])
def test_a_stop_stays_until_a_query_proves_the_position_flat_and_is_cancelled_then(
    desks: Desks, caplog: pytest.LogCaptureFixture, *, own: bool
) -> None:
    desk = desks(plan=ADOPTING)
    stop = adopted_with_stop(desk, own=own)
    desk.venue.fails(POSITIONS, "status", value=502, times=0)
    trips(desk)
    desk.until(lambda: desk.has("PositionClosed"))
    for _second in range(5):
        desk.passes(1)
    assert [one.order_id for one in desk.exchange.open_orders()] == [stop]
    assert f"stop {stop} rests in {BTC} without a position" in caplog.text
    desk.venue.do(lambda one: one.faults.clear())
    with caplog.at_level(logging.WARNING):
        passes_until(desk, lambda: is_flat(desk) and "the exchange states no position" in caplog.text)
    (cancel,) = (one.event for one in desk.log.envelopes if isinstance(one.event, OrderCancelRequested))
    assert cancel.reason == FLAT


def test_a_trip_closes_the_position_and_the_exchange_cancels_its_stop_and_target(
    desks: Desks, caplog: pytest.LogCaptureFixture
) -> None:
    desk = holding(desks())
    trips(desk)
    passes_until(
        desk, lambda: "the exchange states no position and no order of this log is left" in caplog.text
    )
    assert is_flat(desk)
    assert not desk.has("OrderCancelRequested")


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "code", "value": 110007},
        {"kind": "status", "value": 502},
        {"kind": "status", "value": 502, "commit": True},
        {"kind": "html", "commit": True},
        {"kind": "drop"},
        {"kind": "drop", "commit": True},
    ],
    ids=["rejected", "502", "502 after the order", "a page after the order", "lost", "lost acknowledgement"],
)
def test_a_close_that_fails_three_times_goes_on_and_says_what_is_left(
    desks: Desks, caplog: pytest.LogCaptureFixture, fault: dict[str, Any]
) -> None:
    desk = holding(desks())
    held = desk.run.world.portfolio.positions[BTC].state.quantity
    desk.venue.fails(CREATE, **fault, times=3)
    trips(desk)
    desk.passes(1)
    if not fault.get("commit"):
        assert f"position {BTC} LONG" in caplog.text
        assert "being closed (KILL_SWITCH), attempt" in caplog.text
        assert len(desk.exchange.open_orders()) == 2, "stop and target stay"
    passes_until(desk, partial(is_flat, desk), most=200)
    executed = desk.exchange.executions(desk.now() - timedelta(hours=2))
    assert sum(one.quantity for one in executed if one.side is Side.SELL) == held
    assert not desk.run.world.portfolio.discrepancies.unresolved


def test_a_close_that_fills_in_part_is_closed_by_further_orders_and_the_stop_stays_until_then(
    desks: Desks,
) -> None:
    desk = holding(desks())
    held = desk.run.world.portfolio.positions[BTC].state.quantity
    desk.venue.do(partial(trade_at, price=D(101), volume=held / 4))
    trips(desk)
    desk.until(lambda: desk.has("PositionCloseFailed"))
    assert desk.exchange.positions()[0].quantity < held
    assert len(desk.exchange.open_orders()) == 2
    desk.trades_at("101")
    passes_until(desk, partial(is_flat, desk))


@pytest.mark.parametrize("sends", [False, True], ids=["before the close was sent", "after it was sent"])
def test_an_engine_that_ended_amid_the_close_goes_on_after_a_restart(
    desks: Desks, caplog: pytest.LogCaptureFixture, *, sends: bool
) -> None:
    desk = holding(desks())
    desk.run.close()
    dying = desks(key=desk.key, log=desk.log, wrapped=partial(Dying, sends=sends)).started()
    with pytest.raises(Killed):
        trips(dying)
    dying.run.close()
    again = desks(key=desk.key, log=desk.log).started()
    assert again.run.world.portfolio.account.tripped == "the news"
    passes_until(again, lambda: is_flat(again) and "no order of this log is left" in caplog.text)
    executed = again.exchange.executions(again.now() - timedelta(hours=2))
    assert sum(one.quantity if one.side is Side.BUY else -one.quantity for one in executed) == 0


def test_an_engine_that_ended_before_flat_was_proved_proves_it_after_a_restart(desks: Desks) -> None:
    desk = desks(plan=ADOPTING)
    stop = adopted_with_stop(desk)
    desk.venue.fails(POSITIONS, "status", value=502, times=0)
    trips(desk)
    desk.until(lambda: desk.has("PositionClosed"))
    desk.run.close()
    assert [one.order_id for one in desk.exchange.open_orders()] == [stop]
    desk.venue.do(lambda one: one.faults.clear())
    again = desks(plan=ADOPTING, key=desk.key, log=desk.log).started()
    passes_until(again, partial(is_flat, again))


@pytest.mark.parametrize("cancels", [False, True], ids=["keeps entries", "cancels entries"])
def test_after_a_stop_the_protection_of_a_position_is_at_the_exchange_and_what_is_held_is_stated(
    desks: Desks, *, cancels: bool
) -> None:
    desk = holding(desks(plan=replace(CLOSING, cancels_entries=cancels)))
    legs = {one.order_id for one in desk.exchange.open_orders()}
    assert isinstance(desk.asks(ADDING), Completed), desk.reason
    (entry,) = desk.run.world.portfolio.entries
    desk.until(lambda: not any(orders_in_flight(desk.run.world.portfolio)))
    assert desk.run.stop()
    desk.run.close()
    resting = {one.order_id for one in desk.exchange.open_orders()}
    assert legs <= resting
    assert (entry in resting) is not cancels
    lines = list(held(desk.run.world.portfolio))
    assert lines[0] == f"position {BTC} LONG 50, stop 99, target 107"
    assert [line for line in lines if line.startswith(f"entry {entry} waits in {BTC}")] == lines[
        1 : 3 - cancels
    ][:1]
    assert not [line for line in lines if "not settled" in line or "rests" in line]
