"""`whence live` that routes one entry to another engine: `python -m tests.adversary.dying_route STEP live OPTION…`.

STEP is where the process ends by SIGKILL: `before` the signal is sent to the other engine, or `after` the other engine
has answered and nothing of the answer is recorded. With `never` an exit is proposed once the other engine has taken the
entry, and the program stops itself by SIGTERM as soon as no route is open. The API, which starts in seconds, is left
out.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal

from adapters.routing.peer import Peer
from commands.watching import Instance
from domain.candle import Candle
from domain.direction import Direction
from domain.market import BookReading
from domain.routed import OpenRoute, RouteReported
from domain.settings import Settings
from domain.strategies import Intent, Proposal, Watcher
from infra import trading
from infra.cli import main, trading_live
from infra.run.live import LiveRun
from tests.adversary.dying_live import kill, unserved
from tests.commands.test_book_reads import MINUTE

HERE, AWAY = "BTCUSDT-LINEAR.BYBIT", "ETHUSDT-LINEAR.BYBIT"
D = Decimal


class OnReadings:
    """Proposes a long at each reading here while the book of the other engine is known; or, where it `leaves`, the end
    of one at each reading.
    """

    name = "trend"

    def __init__(self, *, leaves: bool) -> None:
        self._is_open, self._leaves = False, leaves

    def watch(self) -> Watcher:
        return self

    def scan(self, candles: Sequence[Candle]) -> Sequence[Proposal | None]:
        return [self.on_candle(one) for one in candles]

    def on_candle(self, candle: Candle) -> Proposal | None:
        return None

    def on_book(self, reading: BookReading) -> Proposal | None:
        if reading.instrument == AWAY:
            self._is_open = reading.is_known
        if reading.instrument != HERE or not reading.asks or not self._is_open:
            return None
        price = reading.asks[0].price
        return Proposal(
            strategy=self.name,
            instrument=HERE,
            interval=MINUTE,
            direction=Direction.SHORT if self._leaves else Direction.LONG,
            intent=Intent.EXIT if self._leaves else Intent.ENTER,
            confidence=0.9,
            trend=1.0,
            price=price,
            stop=price * D("0.98"),
            target=price * D("1.06"),
            inputs={},
        )


def dying(step: str, raised: Callable[[Peer, OpenRoute], RouteReported]) -> Callable[..., RouteReported]:
    def die(self: Peer, route: OpenRoute) -> RouteReported:
        if step == "before":
            kill()
        raised(self, route)
        kill()
        raise AssertionError("the process was killed")

    return die


def stopping(attend: Callable[..., int]) -> Callable[..., int]:
    """Stops once no route of the log is open."""

    def act(self: LiveRun, patience: float = 0) -> int:
        answered = attend(self, patience)
        if self.is_trading and not self.world.portfolio.routes:
            os.kill(os.getpid(), signal.SIGTERM)
        return answered

    return act


if __name__ == "__main__":
    step = sys.argv.pop(1)
    strategy = OnReadings(leaves=step == "never")

    def instances_of(_settings: Settings) -> Sequence[Instance]:
        return (Instance(id="trend", strategy=strategy),)

    trading.__dict__["instances_of"] = instances_of
    if step == "never":
        LiveRun.attend = stopping(LiveRun.attend)  # type: ignore[method-assign]
    else:
        Peer.raise_signal = dying(step, Peer.raise_signal)  # type: ignore[method-assign]
    trading_live.__dict__["served"] = unserved
    main()
