"""Whatever is done at the venue, its books, orders and money fit together."""

from __future__ import annotations

import os
from collections.abc import Callable
from decimal import Decimal
from random import Random

import pytest

from adapters.simulated.venue.codes import Declined
from adapters.simulated.venue.execution import ExecType
from adapters.simulated.venue.order import Order, Status
from adapters.simulated.venue.synthetic import STEP, SyntheticMarket
from domain.arithmetic import total
from domain.direction import Side
from tests.adapters.simulated.venue.scene import BTC, Scene

STEPS = 150
RUNS = int(os.environ.get("WHENCE_FUZZ_INPUTS", "0")) // 1_000 or 2
START = Decimal(2_000)


class Player:
    """Draws what an account does next, on a seeded market."""

    def __init__(self, seed: int, *, hedged: bool) -> None:
        self.chance = Random(seed)
        self.scene = Scene(balance=str(START))
        self.hedged = hedged
        if hedged:
            self.scene.switches_mode(3)
        self.scene.sets_leverage("50")
        self.market = SyntheticMarket(self.scene.venue, BTC, Decimal(50_000), seed, self.scene.now)

    def act(self) -> None:
        """One random request, which may be refused, and one step of the market."""
        acts: tuple[Callable[[], object], ...] = (
            self.limit,
            self.limit,
            self.market_order,
            self.conditional,
            self.amend,
            self.cancel,
            self.stop,
            self.fund,
        )
        try:
            self.chance.choice(acts)()
        except Declined as refused:
            assert refused.number > 0  # noqa: PT017 - a refusal is as good as a success
        self.scene.now += STEP
        self.market.move(self.scene.now)
        self.scene.venue.advance(self.scene.now)

    def limit(self) -> None:
        kind = self.chance.choice(("GTC", "IOC", "FOK", "PostOnly"))
        self.places(price=self.price(30), timeInForce=kind, reduceOnly=self.chance.random() < 0.2)

    def market_order(self) -> None:
        self.places(reduceOnly=self.chance.random() < 0.3)

    def conditional(self) -> None:
        self.places(triggerPrice=self.price(60), triggerDirection=self.chance.choice((1, 2)))

    def places(self, **more: object) -> None:
        side = self.chance.choice(("Buy", "Sell"))
        stops = (
            {"takeProfit": self.price(200), "stopLoss": self.price(200)} if self.chance.random() < 0.2 else {}
        )
        stops |= {"tpslMode": self.chance.choice(("Full", "Partial"))} if stops else {}
        quantity = f"0.{self.chance.randint(1, 900):03d}"
        self.scene.places(side, quantity, **self.index(), **stops, **more)  # type: ignore[arg-type]

    def index(self) -> dict[str, object]:
        return {"positionIdx": self.chance.choice((1, 2))} if self.hedged else {}

    def amend(self) -> None:
        for order in self.one():
            self.scene.amends(order, price=self.price(30), qty=f"0.{self.chance.randint(1, 900):03d}")

    def cancel(self) -> None:
        for order in self.one():
            self.scene.cancels(order)

    def stop(self) -> None:
        distance = {"trailingStop": str(self.chance.randint(1, 50))} if self.chance.random() < 0.5 else {}
        self.scene.sets_stop(stopLoss=self.price(100), **distance, **self.index())

    def fund(self) -> None:
        self.scene.venue.fund(BTC, Decimal(self.chance.choice(("0.003", "-0.003"))), self.scene.now)

    def one(self) -> list[Order]:
        orders = list(self.scene.account.orders.values())
        return [self.chance.choice(orders)] if orders else []

    def price(self, away: int) -> str:
        last = self.scene.market.last or Decimal(50_000)
        return str(last + Decimal(self.chance.randint(-away, away)) / 10)


def check(scene: Scene) -> None:
    """Raises AssertionError where something does not fit."""
    account, book = scene.account, scene.market.book
    bid, ask = book.best(Side.BUY), book.best(Side.SELL)
    assert bid is None or ask is None or bid < ask
    for half in book.sides.values():
        for level in half:
            assert level.size == total(entry.size for entry in level.queue) > 0
            assert level.foreign == total(entry.size for entry in level.queue if entry.order is None)
            assert all(one.order is None or one.size == one.order.leaves for one in level.queue)
    resting = {
        one.order.id for half in book.sides.values() for level in half for one in level.queue if one.order
    }
    assert resting == {order.id for order in account.orders.values() if not order.waits}
    assert set(scene.market.waiting) == {order.id for order in account.orders.values() if order.waits}
    assert account.locked == total(order.locked for order in account.orders.values())
    check_money(scene)


def check_money(scene: Scene) -> None:
    account = scene.account
    fees = total(one.fee for one in account.executions)
    gains = total(one.pnl for one in account.executions)
    assert account.wallet.balance == START + gains - fees
    for index in account.indexes(BTC):
        position = scene.position(index)
        if index == 1:
            assert position.holding.quantity >= 0
        if index == 2:
            assert position.holding.quantity <= 0
        for order in account.working(BTC):
            if order.reduces and not order.waits and order.request.position_idx == index:
                assert order.leaves <= position.reducible(order.side)
    for order in account.ended.values():
        assert not order.locked
        assert order.filled <= order.qty or order.status is not Status.FILLED


@pytest.mark.parametrize("hedged", [False, True], ids=["one-way", "hedge"])
@pytest.mark.parametrize("seed", range(RUNS))
def test_random_trading_leaves_everything_in_order(seed: int, hedged: bool) -> None:
    player = Player(seed, hedged=hedged)
    for _ in range(STEPS):
        player.act()
        check(player.scene)
    assert player.scene.account.executed > 10
    assert {one.type for one in player.scene.account.executions} >= {ExecType.TRADE, ExecType.FUNDING}
