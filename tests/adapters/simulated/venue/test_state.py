"""A venue that is saved and restored shows the same orders, positions, money and executions."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.simulated.server.execution_row import execution_row
from adapters.simulated.server.json_values import list_of, object_of
from adapters.simulated.server.order_row import order_row
from adapters.simulated.server.position_row import closing_row, position_row
from adapters.simulated.server.wallet_row import wallet_row
from adapters.simulated.venue.categories import SPOT
from adapters.simulated.venue.order import Status, StopKind
from adapters.simulated.venue.state import restore, saved
from adapters.simulated.venue.state_changes import account_change, loaded, market_change
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


def lines(scene: Scene) -> bytes:
    """What the scene's outbox holds, as lines of a file."""
    changes = scene.venue.outbox.drain()
    return b"".join(account_change(scene.venue, one, scene.now) for one in changes)


def test_changes_that_follow_a_state_are_part_of_it(scene: Scene) -> None:
    scene.venue.outbox.drain()
    text = saved(scene.venue, scene.now) + b"\n"
    for act in (
        lambda: scene.places("Buy", "0.02", "49700", orderLinkId="later"),
        lambda: scene.places("Sell", "0.01"),
        lambda: scene.cancels(scene.account.links["resting"]),
        lambda: scene.amends(scene.account.links["later"], price="49600"),
        lambda: scene.sets_stop(takeProfit="52000"),
    ):
        act()
        text += lines(scene)
    text += market_change(scene.market, 0, scene.now)
    other = Scene()
    other.venue.accounts.clear()
    other.quotes("50000", "10")
    other.trades("Sell", "49999.9")
    restore(other.venue, loaded(text + b'{"of":"account","at":1,'), scene.now)
    [other.account] = other.venue.accounts.values()
    assert shown(other) == shown(scene)


def test_an_order_that_rested_is_filled_as_a_maker_by_a_market_that_came_back_beyond_its_price(
    scene: Scene,
) -> None:
    scene.places("Buy", "0.02", "49950", orderLinkId="maker", timeInForce="PostOnly")
    other = Scene()
    other.venue.accounts.clear()
    other.quotes("49900", "0.015")
    restore(other.venue, loaded(saved(scene.venue, scene.now)), scene.now)
    [other.account] = other.venue.accounts.values()
    order = other.account.links["maker"]
    assert (order.status, order.filled) == (Status.PARTIALLY_FILLED, Decimal("0.015"))
    [fill] = [one for one in other.executions() if one.order_id == order.id]
    assert (fill.is_maker, fill.price) == (True, Decimal(49950))


DAMAGES = {
    "no account": (b'"accounts":[{', b'"accounts":[],"x":[{'),
    "a balance that is no number": (b'"balance":"', b'"balance":"NaN","x":"'),
    "an unknown level": (b'"level":"VIP 0"', b'"level":"VIP 9"'),
    "an empty key": (b'"key":"key"', b'"key":""'),
    "an unknown market": (b'"symbol":"BTCUSDT"', b'"symbol":"FOOUSDT"'),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_state_that_no_venue_has_saved_is_refused(scene: Scene, name: str) -> None:
    before, after = DAMAGES[name]
    text = saved(scene.venue, scene.now)
    assert before in text
    other = Scene()
    other.venue.accounts.clear()
    with pytest.raises(InvalidInput):
        restore(other.venue, loaded(text.replace(before, after)), scene.now)


@pytest.mark.parametrize(
    "text",
    [
        b"\xff",
        b"[" * 100_000,
        b'{"version":1,"at":0,"seq":0,"accounts":[],"markets":[]}\n{"of":"x"}\n',
        b"",
        b"{}",
        b"[]",
        b'{"version":2,"at":0,"seq":0,"accounts":[],"markets":[]}',
    ],
)
def test_a_text_that_is_no_state_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidInput):
        loaded(text)


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
