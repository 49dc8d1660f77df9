"""Take profit, stop loss and trailing stop, on a market of 10 BTC at each side of 50,000."""

from __future__ import annotations

from decimal import Decimal

import pytest

from adapters.simulated.venue.codes import Declined
from adapters.simulated.venue.order import Status
from tests.adapters.simulated.venue.scene import Scene


@pytest.fixture
def scene() -> Scene:
    scene = Scene()
    scene.quotes("50000", "10")
    return scene


def test_an_order_sets_the_stops_of_its_position_when_it_fills(scene: Scene) -> None:
    order = scene.places("Buy", "0.01", "49999", takeProfit="51000", stopLoss="49000")
    assert scene.waiting() == {}
    scene.trades("Sell", "49999", "10.5")
    assert order.status is Status.FILLED
    assert scene.waiting() == {"TakeProfit": "51000", "StopLoss": "49000"}


@pytest.mark.parametrize(
    ("side", "profit", "loss", "reached", "kind"),
    [
        ("Buy", "51000", "49000", ("Buy", "51000"), "TakeProfit"),
        ("Buy", "51000", "49000", ("Sell", "49000"), "StopLoss"),
        ("Sell", "49000", "51000", ("Sell", "49000"), "TakeProfit"),
        ("Sell", "49000", "51000", ("Buy", "51000"), "StopLoss"),
    ],
)
def test_the_stop_that_is_reached_closes_the_position_and_ends_the_other(
    scene: Scene, side: str, profit: str, loss: str, reached: tuple[str, str], kind: str
) -> None:
    scene.places(side, "0.01", takeProfit=profit, stopLoss=loss)
    scene.shows("Buy", str(Decimal(reached[1]) - 1), "20")
    scene.shows("Sell", str(Decimal(reached[1]) + 1), "20")
    scene.trades(*reached, size="30")
    assert scene.position().size == 0
    assert scene.waiting() == {}
    ended = {str(one.stop_kind): one for one in scene.account.ended.values()}
    others = {"TakeProfit", "StopLoss"} - {kind}
    assert ended[kind].status is Status.FILLED
    assert [ended[one].cancel_type for one in others] == ["CancelByTpSlTsClear"]
    assert [ended[one].status for one in others] == [Status.DEACTIVATED]


def test_a_stop_of_the_whole_position_closes_what_is_held_when_it_triggers(scene: Scene) -> None:
    scene.places("Buy", "0.01", stopLoss="49900")
    scene.places("Buy", "0.02")
    scene.shows("Buy", "49899", "20")
    scene.trades("Sell", "49900", "11")
    assert scene.position().size == 0


def test_a_changed_stop_replaces_the_one_before_and_zero_takes_it_away(scene: Scene) -> None:
    scene.places("Buy", "0.01", stopLoss="49000", takeProfit="51000")
    scene.sets_stop(stopLoss="49500")
    assert scene.waiting() == {"TakeProfit": "51000", "StopLoss": "49500"}
    scene.sets_stop(takeProfit="0")
    assert scene.waiting() == {"StopLoss": "49500"}


def test_of_a_partial_pair_the_one_that_triggers_ends_the_other(scene: Scene) -> None:
    scene.places("Buy", "0.03")
    scene.sets_stop(tpslMode="Partial", takeProfit="50500", stopLoss="49500", tpSize="0.01", slSize="0.01")
    scene.sets_stop(tpslMode="Partial", takeProfit="50600", stopLoss="49400", tpSize="0.01", slSize="0.01")
    scene.shows("Buy", "50499", "20")
    scene.trades("Buy", "50500", "11")
    assert scene.position().size == Decimal("0.02")
    assert scene.waiting() == {"PartialTakeProfit": "50600", "PartialStopLoss": "49400"}


def test_a_partial_take_profit_may_be_a_limit_order(scene: Scene) -> None:
    scene.places("Buy", "0.02")
    scene.sets_stop(
        tpslMode="Partial", takeProfit="50500", tpSize="0.01", tpOrderType="Limit", tpLimitPrice="50550"
    )
    scene.trades("Buy", "50500", "11")
    assert [(one.status, one.price) for one in scene.account.working("BTCUSDT")] == [
        (Status.NEW, Decimal(50550))
    ]
    scene.trades("Buy", "50550", "11")
    assert scene.position().size == Decimal("0.01")


def test_partial_stops_of_an_order_grow_with_its_fills(scene: Scene) -> None:
    scene.places("Buy", "0.03", "49999", tpslMode="Partial", takeProfit="51000", stopLoss="49000")
    for size in ("10.01", "0.01"):
        scene.trades("Sell", "49999", size)
    sizes = [one.qty for one in scene.account.working("BTCUSDT") if one.waits]
    assert sizes == [Decimal("0.02"), Decimal("0.02")]


@pytest.mark.parametrize(("tp", "sl"), [("0.01", "0.02")])
def test_sizes_of_a_partial_pair_must_be_equal(scene: Scene, tp: str, sl: str) -> None:
    scene.places("Buy", "0.03")
    with pytest.raises(Declined, match="tpSize and slSize"):
        scene.sets_stop(tpslMode="Partial", takeProfit="51000", stopLoss="49000", tpSize=tp, slSize=sl)


def test_a_trailing_stop_follows_the_best_price_and_closes_at_its_distance(scene: Scene) -> None:
    scene.places("Buy", "0.01")
    scene.sets_stop(trailingStop="100")
    for price in ("50100", "50300"):
        scene.trades("Buy", price, "11")
    assert scene.waiting() == {"TrailingStop": "50200"}
    scene.shows("Buy", "50190", "20")
    scene.trades("Buy", "50205")
    assert scene.position().size == Decimal("0.01")
    scene.trades("Sell", "50200")
    assert scene.position().size == 0


def test_a_trailing_stop_begins_at_its_activation_price(scene: Scene) -> None:
    scene.places("Buy", "0.01")
    scene.sets_stop(trailingStop="100", activePrice="50400")
    scene.trades("Buy", "50300", "11")
    scene.trades("Sell", "50100")
    assert scene.position().size == Decimal("0.01")
    scene.trades("Buy", "50400")
    assert scene.waiting() == {"TrailingStop": "50300"}


def test_a_stop_by_the_mark_price_does_not_see_the_last_price(scene: Scene) -> None:
    scene.places("Buy", "0.01", stopLoss="49500", slTriggerBy="MarkPrice")
    scene.venue.set_prices("BTCUSDT", scene.now, mark=Decimal(50000))
    scene.shows("Buy", "49600", "20")
    scene.trades("Sell", "49400", "1")
    assert scene.position().size == Decimal("0.01")
    scene.venue.set_prices("BTCUSDT", scene.now, mark=Decimal(49500))
    assert scene.position().size == 0


def test_a_stop_cancelled_by_the_user_is_not_shown_with_the_position(scene: Scene) -> None:
    scene.places("Buy", "0.01", stopLoss="49000")
    [stop] = scene.account.working("BTCUSDT")
    scene.cancels(stop)
    assert scene.position().guard(stop.stop_kind) is None


@pytest.mark.parametrize(
    ("first", "then", "kinds"),
    [
        (
            {},
            {"tpslMode": "Partial", "takeProfit": "50500", "tpSize": "0.01", "trailingStop": "55"},
            {"PartialTakeProfit", "TrailingStop"},
        ),
        (
            {"trailingStop": "55", "activePrice": "50400"},
            {"trailingStop": "55", "activePrice": "50300"},
            {"TrailingStop"},
        ),
        ({"trailingStop": "55", "activePrice": "50400"}, {"activePrice": "50300"}, {"TrailingStop"}),
        ({"takeProfit": "50500"}, {"takeProfit": "50500", "tpTriggerBy": "MarkPrice"}, {"TakeProfit"}),
    ],
    ids=["part and trail", "other activation", "activation alone", "other trigger price"],
)
def test_a_request_changes_everything_that_it_names(
    scene: Scene, first: dict[str, str], then: dict[str, str], kinds: set[str]
) -> None:
    scene.places("Buy", "0.02")
    if first:
        scene.sets_stop(**first)
    scene.sets_stop(**then)
    found = [one for one in scene.account.working("BTCUSDT") if one.waits]
    assert {str(one.stop_kind) for one in found} == kinds
    wanted = then.get("activePrice")
    assert {one.activation for one in found} == {Decimal(wanted) if wanted else None}
    assert {one.request.trigger_by for one in found} == {then.get("tpTriggerBy", "LastPrice")}


def test_another_distance_of_a_trailing_stop_keeps_the_best_price(scene: Scene) -> None:
    scene.places("Buy", "0.01")
    scene.sets_stop(trailingStop="200", activePrice="50300")
    scene.trades("Buy", "50300", "11")
    scene.trades("Sell", "50250", "11")
    scene.sets_stop(trailingStop="150")
    assert scene.waiting() == {"TrailingStop": "50150"}


@pytest.mark.parametrize(
    ("more", "standing"),
    [({}, {}), ({"takeProfit": "49100", "stopLoss": "50900"}, {"TakeProfit": "49100", "StopLoss": "50900"})],
    ids=["without stops", "with stops of its own"],
)
def test_an_order_that_turns_the_position_ends_the_stops_of_the_old_one(
    scene: Scene, more: dict[str, str], standing: dict[str, str]
) -> None:
    scene.places("Buy", "0.05", takeProfit="51000", stopLoss="49000")
    scene.sets_stop(tpslMode="Partial", takeProfit="50900", tpSize="0.01")
    scene.sets_stop(trailingStop="300")
    old = [one for one in scene.account.working("BTCUSDT") if one.waits]
    scene.places("Sell", "0.12", **more)
    assert scene.position().holding.quantity == Decimal("-0.07")
    assert {(one.status, one.cancel_type) for one in old} == {(Status.DEACTIVATED, "CancelByTpSlTsClear")}
    assert scene.waiting() == standing


def test_the_parts_of_an_order_that_turns_the_position_are_no_larger_than_it(scene: Scene) -> None:
    scene.places("Buy", "0.05")
    scene.places("Sell", "0.12", tpslMode="Partial", takeProfit="49100")
    [part] = [one for one in scene.account.working("BTCUSDT") if one.waits]
    assert part.qty == Decimal("0.07")
