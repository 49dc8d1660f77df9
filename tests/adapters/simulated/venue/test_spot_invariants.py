"""Whatever is done in spot, coins, orders and book fit together."""

from __future__ import annotations

import os
from collections.abc import Callable
from decimal import Decimal
from random import Random

import pytest

from adapters.simulated.venue.categories import SPOT
from adapters.simulated.venue.codes import Declined
from adapters.simulated.venue.order import Order
from adapters.simulated.venue.requests import CancelAllRequest, read
from adapters.simulated.venue.synthetic import STEP, SyntheticMarket
from domain.arithmetic import total
from tests.adapters.simulated.venue.scene import BTC, Scene

STEPS = 200
RUNS = int(os.environ.get("WHENCE_FUZZ_INPUTS", "0")) // 1_000 or 3
HAD = {"USDT": Decimal(20_000), "BTC": Decimal("0.4")}


class Player:
    """Draws what an account does next, on a seeded market."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.scene = Scene(balance=str(HAD["USDT"]), category=SPOT)
        self.scene.has("BTC", str(HAD["BTC"]))
        self.market = SyntheticMarket(
            self.scene.venue, BTC, Decimal(50_000), seed, self.scene.now, category=SPOT
        )

    def act(self) -> None:
        """One random request, which may be refused, and one step of the market."""
        acts: tuple[Callable[[], object], ...] = (
            self.limit,
            self.limit,
            self.by_quantity,
            self.by_value,
            self.waiting,
            self.waiting,
            self.amend,
            self.fill,
            self.cancel,
            self.cancel_all,
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
        side = self.side()
        stops: dict[str, object] = {}
        if self.chance.random() < 0.3:
            up, down = self.price(200, above=True), self.price(200, above=False)
            stops = {"takeProfit": up if side == "Buy" else down, "stopLoss": down if side == "Buy" else up}
            if self.chance.random() < 0.5:
                stops |= {"tpOrderType": "Limit", "tpLimitPrice": stops["takeProfit"]}
        more = {"timeInForce": kind, "smpType": self.chance.choice(("None", "CancelMaker", "CancelTaker"))}
        self.scene.places(side, self.quantity(), self.price(30), **more, **stops)

    def by_quantity(self) -> None:
        self.scene.places(self.side(), self.quantity(), marketUnit="baseCoin")

    def by_value(self) -> None:
        self.scene.places(self.side(), str(self.chance.randint(5, 9_000)), marketUnit="quoteCoin")

    def waiting(self) -> None:
        kind = self.chance.choice(("StopOrder", "tpslOrder"))
        limit = self.price(60) if self.chance.random() < 0.5 else None
        self.scene.places(
            self.side(),
            self.quantity(),
            limit,
            triggerPrice=self.price(60),
            orderFilter=kind,
            marketUnit="baseCoin",
        )

    def amend(self) -> None:
        for order in self.one():
            trigger = {"triggerPrice": self.price(60)} if order.waits and self.chance.random() < 0.5 else {}
            self.scene.amends(order, price=self.price(30), qty=self.quantity(), **trigger)

    def fill(self) -> None:
        """Somebody trades with a part of an order that rests."""
        for order in self.one():
            self.scene.venue.fill(order, Decimal(self.quantity()), self.scene.now)

    def cancel(self) -> None:
        for order in self.one():
            self.scene.cancels(order)

    def cancel_all(self) -> None:
        kind = self.chance.choice(("", "StopOrder", "tpslOrder"))
        request = read(CancelAllRequest, {"category": SPOT, "orderFilter": kind})
        self.scene.venue.cancel_all(self.scene.account, request, self.scene.now)

    def one(self) -> list[Order]:
        orders = list(self.scene.account.orders.values())
        return [self.chance.choice(orders)] if orders else []

    def side(self) -> str:
        return self.chance.choice(("Buy", "Sell"))

    def quantity(self) -> str:
        return f"0.{self.chance.randint(1, 250_000):06d}"

    def price(self, away: int, *, above: bool | None = None) -> str:
        last = self.scene.market.last or Decimal(50_000)
        low, high = {None: (-away, away), True: (1, away), False: (-away, -1)}[above]
        return str(last + Decimal(self.chance.randint(low, high)) / 10)


def check(scene: Scene) -> None:
    """Raises AssertionError where something does not fit."""
    account = scene.account
    bought: dict[str, Decimal] = dict(HAD)
    for one in account.executions:
        sign = 1 if one.side == "Buy" else -1
        bought["BTC"] += sign * one.qty
        bought["USDT"] -= sign * one.value
        bought[one.fee_currency] -= one.fee
    for coin, wallet in account.coins.items():
        assert wallet.balance == bought[coin] >= 0
        assert wallet.available >= 0
        locked = total(one.locked for one in account.orders.values() if one.coin == coin)
        assert account.occupied.get(coin, Decimal(0)) == locked >= 0
    assert not any(one.locked for one in account.ended.values())
    waiting = {one.id for one in account.orders.values() if one.waits}
    assert set(scene.market.waiting) == waiting
    for order in account.orders.values():
        assert order.waits or (order.entry is not None and order.entry.size == order.leaves)
        assert order.done <= order.qty


@pytest.mark.parametrize("seed", range(RUNS))
def test_random_spot_trading_leaves_everything_in_order(seed: int) -> None:
    player = Player(seed)
    for _ in range(STEPS):
        player.act()
        check(player.scene)
    ended = {str(one.status) for one in player.scene.account.ended.values()}
    assert player.scene.account.executed > 20
    assert ended >= {"Filled", "PartiallyFilledCanceled", "Cancelled", "Deactivated"}
