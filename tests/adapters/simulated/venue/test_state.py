"""A venue that is saved and restored shows the same orders, positions, money and executions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.simulated.server.execution_row import execution_row
from adapters.simulated.server.json_values import list_of, object_of
from adapters.simulated.server.order_row import order_row
from adapters.simulated.server.position_row import closing_row, position_row
from adapters.simulated.server.wallet_row import wallet_row
from adapters.simulated.venue.categories import SPOT
from adapters.simulated.venue.journal import Journal, read
from adapters.simulated.venue.order import Status, StopKind
from adapters.simulated.venue.state import VenueState, loaded, restore, saved
from domain.direction import Side
from domain.errors import InvalidInput
from tests.adapters.simulated.venue.scene import Scene

BEFORE_SPOT = Path(__file__).parent / "before_spot.json"
"""The state of `scene`, saved by the version before spot."""


@pytest.fixture
def scene() -> Scene:
    """A position with stops, a partial pair, a trailing stop, resting, conditional and ended orders."""
    scene = Scene()
    scene.quotes("50000", "10")
    scene.places("Buy", "0.03", takeProfit="51000", stopLoss="49000")
    scene.places("Sell", "0.01", reduceOnly=True)
    scene.sets_stop(tpslMode="Partial", takeProfit="50500", stopLoss="49500", tpSize="0.01", slSize="0.01")
    scene.sets_stop(trailingStop="300")
    scene.places("Buy", "0.01", "49900", orderLinkId="resting")
    scene.places("Buy", "0.01", triggerPrice="50400", triggerDirection=1)
    scene.cancels(scene.places("Buy", "0.01", "49800", orderLinkId="cancelled"))
    scene.sets_leverage("20")
    return scene


def shown(scene: Scene) -> dict[str, object]:
    """Everything that the account may query, without the times at which orders changed."""
    account, contract = scene.account, scene.market.contract
    orders = [*account.orders.values(), *account.ended.values()]
    rows = {one.id: {**order_row(one, contract), "updatedTime": ""} for one in orders}
    return {
        "orders": rows,
        "recent": [one.id for one in account.recent],
        "executions": [execution_row(one) for one in account.executions],
        "closings": [closing_row(one) for one in account.closings.values()],
        "position": {**position_row(scene.position(), Decimal(50000)), "updatedTime": "", "seq": 0},
        "wallet": wallet_row(account, scene.venue),
    }


def restored(scene: Scene) -> Scene:
    other = Scene()
    other.venue.accounts.clear()
    other.quotes("50000", "10")
    other.trades("Sell", "49999.9")
    restore(other.venue, loaded(saved(scene.venue, scene.now)), scene.now)
    [other.account] = other.venue.accounts.values()
    return other


def test_a_restored_venue_shows_what_was_saved(scene: Scene) -> None:
    assert shown(restored(scene)) == shown(scene)


def test_a_restored_venue_is_saved_as_it_was(scene: Scene) -> None:
    once = restored(scene)
    assert shown(restored(once)) == shown(once)


def test_stops_of_a_restored_venue_still_trigger_and_end_each_other(scene: Scene) -> None:
    other = restored(scene)
    other.shows("Buy", "50499", "20")
    other.trades("Buy", "50500", "11")
    ended = {str(one.stop_kind): one.status for one in other.account.recent}
    assert ended["PartialTakeProfit"] is Status.FILLED
    assert ended["PartialStopLoss"] is Status.DEACTIVATED


def test_a_restored_order_has_lost_its_place_in_the_queue(scene: Scene) -> None:
    other = Scene()
    other.venue.accounts.clear()
    other.quotes("50000", "10")
    other.shows("Buy", "49900", "5")
    restore(other.venue, loaded(saved(scene.venue, scene.now)), scene.now)
    [other.account] = other.venue.accounts.values()
    other.trades("Sell", "49900", "15")
    assert other.account.links["resting"].filled == 0


def test_a_restored_venue_draws_other_ids(scene: Scene) -> None:
    known = {*scene.account.orders, *scene.account.ended}
    assert restored(scene).places("Buy", "0.01", "49000").id not in known


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[]", b'{"version":2,"at":0,"seq":0,"accounts":[],"markets":[]}']
)
def test_a_text_that_is_no_state_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidInput):
        loaded(text)


CALLS: tuple[Callable[[Scene], object], ...] = (
    lambda one: one.places("Buy", "0.03", takeProfit="51000", stopLoss="49000"),
    lambda one: one.places("Sell", "0.01", "50100", orderLinkId="ask"),
    lambda one: one.trades("Buy", "50100", "20"),
    lambda one: one.places("Buy", "0.01", "49000", orderLinkId="bid"),
    lambda one: one.amends(one.account.links["bid"], price="49100"),
    lambda one: one.cancels(one.account.links["bid"]),
    lambda one: one.sets_leverage("20"),
    lambda one: one.sets_stop(trailingStop="300"),
    lambda one: one.sets_stop(tpslMode="Partial", takeProfit="50500", stopLoss="49500", tpSize="0.01"),
    lambda one: one.venue.fund("BTCUSDT", Decimal("0.0001"), one.now),
    lambda one: one.places("Buy", "0.01", triggerPrice="50600", triggerDirection=1),
    lambda one: one.places("Sell", "0.1"),
    lambda one: one.venue.liquidate(one.account, "BTCUSDT", one.now),
    lambda one: one.cancels(one.places("Buy", "0.01", "49000")),
    lambda one: one.switches_mode(3),
)


def rows(state: VenueState) -> dict[str, Any]:
    """A state without what no record has: candles and past fundings."""
    document = json.loads(msgspec.json.encode(state))
    for market in document["markets"]:
        market.update(minutes=[], fundings=[])
    for account in document["accounts"]:
        for name in ("orders", "positions", "executions", "closings"):
            account[name] = sorted(account[name], key=str)
    return {**document, "seq": 0}


def test_the_records_after_a_state_make_the_state_of_each_moment() -> None:
    scene = Scene()
    scene.quotes("50000", "10")
    text = saved(scene.venue, scene.now) + b"\n"
    journal = Journal(scene.venue)
    for call in CALLS:
        scene.now += 1_000
        call(scene)
        record = journal.record(scene.venue.outbox.drain(), scene.now)
        assert record is not None
        text += record
        assert rows(read(text)) == rows(loaded(saved(scene.venue, scene.now)))
    assert journal.record(scene.venue.outbox.drain(), scene.now) is None
    assert rows(read(text + b'{"at":')) == rows(read(text))


def test_a_restored_venue_has_the_recent_orders_in_their_order() -> None:
    scene = Scene()
    scene.quotes("50000", "10")
    text = saved(scene.venue, scene.now) + b"\n"
    journal = Journal(scene.venue)
    for number in range(3):
        scene.cancels(scene.places("Buy", "0.01", "49000", orderLinkId=f"n{number}"))
        text += journal.record(scene.venue.outbox.drain(), scene.now) or b""
    assert read(text).accounts[0].recent_ids == [one.id for one in scene.account.recent]


def damaged(**changes: object) -> Callable[[Any], None]:
    """Changes of an account."""
    return lambda state: state["accounts"][0].update(changes)


DAMAGES: dict[str, Callable[[Any], None]] = {
    "no accounts": lambda state: state.update(accounts=[]),
    "two accounts with one key": lambda state: state["accounts"].append(state["accounts"][0]),
    "no key": damaged(key=""),
    "unknown level": damaged(level="VIP 9"),
    "balance without a value": damaged(balance="NaN"),
    "endless balance": damaged(balance="Infinity"),
    "long balance": damaged(balance="1e999"),
    "no holding": lambda state: state["accounts"][0]["positions"][0]["holding"].update(quantity="NaN"),
    "no leverage": lambda state: state["accounts"][0]["positions"][0].update(leverage="0"),
    "negative order": lambda state: state["accounts"][0]["orders"][0].update(qty="-5"),
    "execution without a price": lambda state: state["accounts"][0]["executions"][0].update(price="NaN"),
    "no last price": lambda state: state["markets"][0].update(last="0"),
    "mark without a value": lambda state: state["markets"][0].update(mark="NaN"),
    "negative sequence": lambda state: state.update(seq=-5),
    "far future": lambda state: state.update(at=10**18),
    "unknown market": lambda state: state["markets"][0].update(symbol="FOO"),
    "position of an unknown market": lambda state: state["accounts"][0]["positions"][0].update(symbol="FOO"),
    "order of an unknown market": lambda state: state["accounts"][0]["orders"][0]["request"].update(
        symbol="FOO"
    ),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_state_that_no_venue_can_have_is_refused(scene: Scene, damage: Callable[[Any], None]) -> None:
    document = json.loads(saved(scene.venue, scene.now))
    damage(document)
    with pytest.raises(InvalidInput):
        restore(Scene().venue, read(json.dumps(document).encode()), scene.now)


@pytest.mark.parametrize("text", [b"\xff", b"[" * 100_000])
def test_a_file_that_cannot_be_read_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidInput):
        read(text)


@pytest.mark.parametrize("more", [{}, {"timeInForce": "PostOnly"}])
@pytest.mark.parametrize(
    ("ask", "left", "filled"), [("49950.1", "2", "0"), ("49900", "1.99", "0.01"), ("49800", "1.99", "0.01")]
)
def test_an_order_that_rested_rests_again_and_a_market_beyond_its_price_pays_its_price(
    more: dict[str, str], ask: str, left: str, filled: str
) -> None:
    scene, other = Scene(), Scene()
    scene.quotes("50000", "10")
    order = scene.places("Buy", "0.01", "49900", **more)
    other.venue.accounts.clear()
    other.shows("Sell", ask, "2")
    restore(other.venue, loaded(saved(scene.venue, scene.now)), scene.now)
    [account] = other.venue.accounts.values()
    assert [(one.price, one.qty, one.is_maker) for one in account.executions] == (
        [(Decimal(49900), Decimal(filled), True)] if filled != "0" else []
    )
    assert other.market.book.depth(Side.SELL, 1) == [(Decimal(ask), Decimal(left))]
    assert account.find(order.id, "") is not None


@pytest.fixture
def spot() -> Scene:
    """Coins, a resting order, a filled one with its take profit and stop loss, and a conditional one."""
    scene = Scene(category=SPOT)
    scene.quotes("50000", "10")
    scene.places("Buy", "3000")
    scene.places("Buy", "0.05", "50000.1", takeProfit="51000", stopLoss="49000")
    scene.places("Buy", "0.01", "49000", orderLinkId="resting")
    scene.places("Sell", "0.01", triggerPrice="49500", orderFilter="StopOrder")
    return scene


def test_a_restored_venue_has_the_coins_and_orders_of_spot(spot: Scene) -> None:
    other = Scene(category=SPOT)
    other.venue.accounts.clear()
    other.quotes("50000", "10")
    other.trades("Buy", "50000.1")
    restore(other.venue, loaded(saved(spot.venue, spot.now)), spot.now)
    [other.account] = other.venue.accounts.values()
    assert other.account.occupied == spot.account.occupied
    contract = spot.market.contract
    for one in (*spot.account.orders.values(), *spot.account.ended.values()):
        found = other.account.find(one.id, "", SPOT)
        assert found is not None
        assert {**order_row(found, contract), "updatedTime": ""} == {
            **order_row(one, contract),
            "updatedTime": "",
        }
    assert other.account.executions == spot.account.executions
    assert {one["coin"]: one for one in coins(other)} == {one["coin"]: one for one in coins(spot)}
    other.shows("Buy", "48999", "9")
    other.trades("Sell", "49000", "11")
    statuses = [one.status for one in other.account.ended.values() if one.stop_kind is StopKind.SPOT_STOP]
    assert sorted(statuses) == [Status.DEACTIVATED, Status.FILLED]


@pytest.mark.parametrize("resting", [None, "49999.8"])
def test_a_market_that_came_back_beyond_a_trigger_triggers_it(resting: str | None) -> None:
    scene, other = Scene(category=SPOT), Scene(category=SPOT)
    scene.quotes("50000", "10")
    scene.places("Buy", "3000")
    stop = scene.places("Sell", "0.01", triggerPrice="49990", orderFilter="tpslOrder")
    if resting is not None:
        scene.places("Buy", "0.01", resting)
    other.venue.accounts.clear()
    other.quotes("49900", "10")
    restore(other.venue, loaded(saved(scene.venue, scene.now)), scene.now)
    [account] = other.venue.accounts.values()
    assert [account.ended[stop.id].status, other.market.last] == [Status.FILLED, Decimal("49899.9")]


def coins(scene: Scene) -> list[Mapping[str, object]]:
    rows = list_of(wallet_row(scene.account, scene.venue)["coin"]) or ()
    return [row for row in map(object_of, rows) if row is not None]


def test_a_file_from_before_spot_is_still_read(scene: Scene) -> None:
    other = Scene()
    other.venue.accounts.clear()
    other.quotes("50000", "10")
    other.trades("Sell", "49999.9")
    restore(other.venue, loaded(BEFORE_SPOT.read_bytes()), scene.now)
    [other.account] = other.venue.accounts.values()
    assert shown(other) == shown(scene)
