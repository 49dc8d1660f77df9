"""Requests that move stop or target: a resting order is amended, a missing order is placed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from commands.exchange import Amended, AmendRefused, Cancelled, CancelRefused, Triggered
from commands.instrument import ListInstrument
from commands.request import AmendOrder, CancelOrder, MoveProtection, PlaceOrder
from domain.direction import Purpose, Side
from domain.order import OrderPlaced, OrderType
from domain.settings import RiskSettings, Settings
from domain.streams import order_stream
from tests.commands.desk import a_fill_of, folded, names, snapshot
from tests.commands.requests.asking import Asking, chain_of, terms
from tests.domain.history import ACCOUNT, BTC, D, an_instrument
from tests.replacing import replace

POSITION = f"{BTC}-LONG-1"


def levels(eve: Asking) -> tuple[Decimal | None, Decimal | None]:
    held = eve.desk.world.portfolio.positions[BTC].state
    return held.stop, held.target


def test_resting_protection_is_amended_and_the_position_follows_the_exchanges_report() -> None:
    eve = Asking()
    chain = eve.entered()
    followed = eve.accepted(MoveProtection(POSITION, D(99), D(110)))
    assert followed == ["OrderAmendRequested"] * 2
    assert levels(eve) == (D(98), D(106)), "nothing has moved yet"
    recorded = eve.desk.tell(
        Amended(
            order_id=f"{chain}-s1",
            at=eve.desk.at,
            fact="exchange:test:s",
            quantity=D(10),
            limit_price=None,
            trigger_price=D(99),
        )
    )
    assert names(recorded) == ["OrderAmended", "ProtectionMoved"]
    assert levels(eve) == (D(99), D(106))
    eve.desk.tell(AmendRefused(order_id=f"{chain}-t1", at=eve.desk.at, fact="exchange:test:t", reason="no"))
    assert levels(eve) == (D(99), D(106))
    assert folded(eve.desk.log) == snapshot(eve.desk.world)


def test_missing_protection_is_placed_with_the_entry_order_as_its_parent() -> None:
    eve = Asking()
    chain = eve.entered(terms(stop=None, target=None, quantity=D(5)))
    assert levels(eve) == (None, None)
    assert eve.accepted(MoveProtection(POSITION, D(95), D(120)), "guard") == ["OrderPlaced"] * 2
    guard = chain_of("guard")
    stop: OrderPlaced = eve.desk.world.state(order_stream(ACCOUNT, f"{guard}-s1")).terms
    assert (stop.type, stop.side, stop.purpose, stop.parent) == (
        OrderType.STOP,
        Side.SELL,
        Purpose.STOP,
        f"{chain}-e1",
    )
    assert (stop.quantity, stop.trigger_price, stop.reduce_only) == (D(5), D(95), True)
    assert levels(eve) == (None, None), "a stop counts once it rests"
    eve.rests(f"{guard}-s1", f"{guard}-t1")
    assert levels(eve) == (D(95), D(120))
    assert eve.desk.world.portfolio.open_risk == 25


def test_missing_protection_of_a_position_off_the_lot_covers_all_of_it() -> None:
    eve = Asking()
    eve.entered(terms(stop=None, target=None, quantity=D(5)))
    eve.desk.ask(ListInstrument(replace(an_instrument(BTC), lot=D(7))), cause="exchange:rules")
    assert eve.accepted(MoveProtection(POSITION, D(95), D(120)), "guard") == ["OrderPlaced"] * 2
    stop: OrderPlaced = eve.desk.world.state(order_stream(ACCOUNT, f"{chain_of('guard')}-s1")).terms
    assert stop.quantity == 7


def test_a_level_that_is_not_given_is_kept() -> None:
    eve = Asking()
    chain = eve.entered()
    assert eve.accepted(MoveProtection(POSITION, target=D(107))) == ["OrderAmendRequested"]
    assert eve.desk.exchange.letters[-1].about == (f"{chain}-t1", None, D(107), None)
    assert eve.accepted(MoveProtection(POSITION, stop=D(98))) == [], "it rests there already"


@pytest.mark.parametrize(
    ("stop", "target", "sentence"),
    [
        (None, None, "InvalidInput: neither a stop nor a target was given"),
        (D(100), None, "Refused: a stop of 100 does not protect a LONG position at 100"),
        (D(80), None, "Refused: a stop of 80 is never reached"),
        (None, D(100), "Refused: a target of 100 is no gain"),
        (
            D("98.05"),
            None,
            "InvalidInput: the stop of BTCUSDT-LINEAR.BYBIT-LONG-1 98.05 has more digits",
        ),
        (D("NaN"), None, "InvalidInput: the stop of BTCUSDT-LINEAR.BYBIT-LONG-1 NaN must be"),
    ],
)
def test_invalid_levels_are_declined(stop: Any, target: Any, sentence: str) -> None:
    eve = Asking()
    eve.entered()
    assert eve.declined(MoveProtection(POSITION, stop, target)).startswith(sentence)


def test_levels_are_judged_at_the_last_known_price() -> None:
    eve = Asking()
    eve.entered()
    eve.prices[BTC] = D(104)
    assert eve.accepted(MoveProtection(POSITION, D(103))) == ["OrderAmendRequested"], "a profit locked in"
    eve.prices[BTC] = D(99)
    assert "does not protect" in eve.declined(MoveProtection(POSITION, D(99)))


def test_the_stop_of_a_short_is_accepted_only_above_the_price() -> None:
    eve = Asking()
    eve.entered(terms(side=Side.SELL, stop=D(102), target=D(94)))
    short = f"{BTC}-SHORT-1"
    assert "it belongs above that" in eve.declined(MoveProtection(short, D(99)))
    assert eve.accepted(MoveProtection(short, D(101))) == ["OrderAmendRequested"]


def test_moving_a_triggered_stop_is_declined() -> None:
    eve = Asking()
    chain = eve.entered()
    eve.desk.tell(Triggered(order_id=f"{chain}-s1", at=eve.desk.at, fact="exchange:test:tr", price=D(98)))
    assert f"{chain}-s1 was triggered" in eve.declined(MoveProtection(POSITION, D(97)))


def test_a_position_opens_with_the_amended_stop_of_its_waiting_entry() -> None:
    """The stop is amended before the entry fills; the position opens with the amended price."""
    eve = Asking()
    eve.accepted(PlaceOrder(terms(type=OrderType.LIMIT, limit_price=D(100))), "in")
    chain = chain_of("in")
    eve.rests(f"{chain}-e1", f"{chain}-s1", f"{chain}-t1")
    recorded = eve.desk.tell(
        Amended(
            order_id=f"{chain}-s1",
            at=eve.desk.at,
            fact="exchange:test:s",
            quantity=D(10),
            limit_price=None,
            trigger_price=D(99),
        )
    )
    assert names(recorded) == ["OrderAmended", "DiscrepancyFound"]
    eve.desk.tell(a_fill_of(f"{chain}-e1", "in", D(10), D(100)))
    assert levels(eve) == (D(99), D(106))


def test_a_stop_moved_beyond_the_risk_of_one_trade_is_declined() -> None:
    eve = Asking()
    chain = eve.entered(terms(quantity=D(20)))
    assert "puts 300 at risk where 199.99" in eve.declined(MoveProtection(POSITION, D(85)))
    assert "risk.max_risk_per_trade" in eve.declined(AmendOrder(order_id=f"{chain}-s1", trigger_price=D(85)))
    assert eve.accepted(MoveProtection(POSITION, D(95))) == ["OrderAmendRequested"]


def test_a_stop_moved_beyond_the_total_risk_is_declined() -> None:
    eve = Asking(Settings(risk=RiskSettings(max_total_risk=D("0.005"))))
    eve.entered()
    assert "puts 60 at risk where 49.99" in eve.declined(MoveProtection(POSITION, D(94)))


@pytest.mark.parametrize(
    ("report", "target"),
    [pytest.param(CancelRefused, D(106), id="refused"), pytest.param(Cancelled, None, id="done")],
)
def test_a_position_has_no_target_after_a_cancel_unless_the_exchange_refuses_it(
    report: type[CancelRefused | Cancelled], target: Decimal | None
) -> None:
    eve = Asking()
    order_id = f"{eve.entered()}-t1"
    eve.accepted(CancelOrder(order_id, "let it run"))
    assert eve.desk.world.portfolio.positions[BTC].state.target is None
    eve.desk.tell(
        report(
            order_id=order_id, at=eve.desk.at, fact=f"exchange:test:{order_id}-answer", reason="both would go"
        )
    )
    assert eve.desk.world.portfolio.positions[BTC].state.target == target
    assert (order_id in eve.exits()) is (target is not None)
