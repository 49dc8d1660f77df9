"""`whence live` that sends one order by hand: `python -m tests.adversary.dying_live STEP live OPTION…`.

STEP is where the process ends by SIGKILL: `before` or `after` the request that places the order, or through ccxt
`between` the requests that place its stop and its entry. With `never` no order is sent, and the program stops itself by
SIGTERM as soon as every order of the log is known to rest at the exchange.
The API, which starts in seconds, is left out.
"""

# pyright: reportPrivateUsage=false
# The process ends within a submit of ccxt's adapter, which sends the orders one by one.

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Thread
from types import SimpleNamespace
from typing import Any

from adapters.bybit import BybitExchange
from adapters.ccxt import CcxtExchange
from adapters.mailbox import Mailbox
from adapters.simulated.steps import to_tick
from commands.door import Completed
from commands.exchange import Exchange, Ticket
from commands.in_flight import orders_in_flight
from commands.request import ManualTerms, PlaceOrder, Requested
from domain.direction import Side
from domain.order import OrderType
from infra.cli import main, trading_live
from infra.run.live import LiveRun

BTC = "BTCUSDT-LINEAR.BYBIT"
D = Decimal


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(step: str, submit: Callable[..., None]) -> Callable[..., None]:
    def die(self: Exchange, tickets: Sequence[Ticket]) -> None:
        if step == "before":
            kill()
        submit(self, tickets)
        kill()

    return die


def dying_between(create: Callable[..., None]) -> Callable[..., None]:
    def die(self: CcxtExchange, ticket: Ticket) -> None:
        create(self, ticket)
        kill()

    return die


def acting(step: str, attend: Callable[..., int]) -> Callable[..., int]:
    """Sends the order once trading has begun; or stops where nothing is in flight any more."""
    sent: list[Thread] = []

    def act(self: LiveRun, patience: float = 0) -> int:
        answered = attend(self, patience)
        if not self.is_trading or sent:
            return answered
        if step != "never":
            sent.append(Thread(target=buy, args=(self.door, self.driver.engine.market.prices[BTC])))
            sent[0].start()
        elif not any(orders_in_flight(self.world.portfolio)):
            os.kill(os.getpid(), signal.SIGTERM)
        return answered

    return act


def buy(door: Mailbox, price: Decimal) -> None:
    limit = to_tick(price * D("0.99"), Side.SELL, D("0.1"))
    terms = ManualTerms(
        instrument=BTC,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=D("0.01"),
        limit_price=limit,
        stop=limit - 500,
        target=limit + 2_000,
    )
    until = datetime.now(UTC) + timedelta(seconds=60)
    made = Requested(id="one", account="paper", actor="eve", valid_until=until, request=PlaceOrder(terms))
    answer = door.ask(made, 60)
    assert isinstance(answer, Completed), answer


@contextmanager
def unserved(*_given: Any, **_named: Any) -> Generator[Any]:
    yield SimpleNamespace(check=lambda: None)


if __name__ == "__main__":
    step = sys.argv.pop(1)
    if step == "between":
        CcxtExchange._create = dying_between(CcxtExchange._create)  # type: ignore[method-assign]
    elif step != "never":
        for exchange in (BybitExchange, CcxtExchange):
            exchange.submit = dying(step, exchange.submit)  # type: ignore[method-assign]
    LiveRun.attend = acting(step, LiveRun.attend)  # type: ignore[method-assign]
    trading_live.__dict__["served"] = unserved
    main()
