"""`whence live` on one of two recorded markets: `python -m tests.adversary.dying_market STEP live OPTION…`.

STEP is where the process ends by SIGKILL. At the engine that makes a routed entry: it has `received` the signal and
recorded nothing; it has `recorded` the entry and sent no order; it has `sent` the order and recorded nothing of it; it
has `carried` the request out and not answered it. At the engine that routes it: `before` the signal is sent, or `after`
the answer has arrived and nothing of it is recorded. A process with `never` is not killed.

The strategy of the routing engine does what the file `intent` in the process's folder states. At each reading it
proposes an entry where the other engine's book is known (`enter`) or in any case (`here`), an exit (`exit`), or
nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from adapters.bybit import BybitExchange
from adapters.routing.peer import Peer
from commands.door import Answer
from commands.exchange import Ticket
from commands.request import RaiseSignal, Requested
from commands.watching import Instance
from domain.candle import Candle
from domain.direction import Direction
from domain.market import BookReading
from domain.routed import OpenRoute, RouteReported
from domain.settings import Settings
from domain.strategies import Intent, Proposal, Watcher
from infra import trading
from infra.cli import main, trading_live
from infra.run.clock import utc_now
from infra.run.live import LiveRun
from tests.adversary.dying_live import kill, unserved
from tests.commands.test_book_reads import MINUTE

HERE, AWAY = "XBTUSDT-LINEAR.BYBIT", "BTCUSDT-LINEAR.BYBIT"
INTENT = "intent"
AHEAD = "CLOCK_AHEAD"
"""The variable with the seconds by which the engine's clock is ahead of the machine's; negative for one behind."""
D = Decimal


class AsWritten:
    """Proposes at each reading of the instrument here what the file states."""

    name = "trend"

    def __init__(self) -> None:
        self._is_open = False

    def watch(self) -> Watcher:
        return self

    def scan(self, candles: Sequence[Candle]) -> Sequence[Proposal | None]:
        return [None for _ in candles]

    def on_candle(self, candle: Candle) -> Proposal | None:
        return None

    def on_book(self, reading: BookReading) -> Proposal | None:
        if reading.instrument == AWAY:
            self._is_open = reading.is_known
        stated = Path(INTENT).read_text()
        intent = _INTENTS.get(stated)
        if reading.instrument != HERE or not reading.asks or intent is None:
            return None
        if stated == "enter" and not self._is_open:
            return None
        price = reading.asks[0].price
        leaves = intent is Intent.EXIT
        return Proposal(
            strategy=self.name,
            instrument=HERE,
            interval=MINUTE,
            direction=Direction.SHORT if leaves else Direction.LONG,
            intent=intent,
            confidence=0.9,
            trend=1.0,
            price=price,
            stop=price * D("0.98"),
            target=price * D("1.06"),
            inputs={},
        )


_INTENTS: Mapping[str, Intent] = {"enter": Intent.ENTER, "here": Intent.ENTER, "exit": Intent.EXIT}


def dying_request(step: str, carried: Callable[[LiveRun, Requested], Answer]) -> Callable[..., Answer]:
    """Ends the process around the request of a signal."""

    def die(self: LiveRun, requested: Requested) -> Answer:
        is_signal = isinstance(requested.request, RaiseSignal)
        if is_signal and step == "received":
            kill()
        answer = carried(self, requested)
        if is_signal and step == "carried":
            kill()
        return answer

    return die


def dying_order(step: str, submit: Callable[..., None]) -> Callable[..., None]:
    def die(self: BybitExchange, tickets: Sequence[Ticket]) -> None:
        if step == "recorded":
            kill()
        submit(self, tickets)
        kill()

    return die


def dying_route(
    step: str, raised: Callable[[Peer, OpenRoute], RouteReported]
) -> Callable[..., RouteReported]:
    def die(self: Peer, route: OpenRoute) -> RouteReported:
        if step == "before":
            kill()
        raised(self, route)
        kill()
        raise AssertionError("the process was killed")

    return die


def prepare(step: str) -> None:
    """Makes this process end at the step."""
    if step in {"received", "carried"}:
        LiveRun._carried_out = dying_request(step, LiveRun._carried_out)  # type: ignore[method-assign]
    elif step in {"recorded", "sent"}:
        BybitExchange.submit = dying_order(step, BybitExchange.submit)  # type: ignore[method-assign]
    elif step in {"before", "after"}:
        Peer.raise_signal = dying_route(step, Peer.raise_signal)  # type: ignore[method-assign]


def instances_of(_settings: Settings) -> Sequence[Instance]:
    return (Instance(id="trend", strategy=AsWritten()),) if Path(INTENT).exists() else ()


def set_clock(ahead: float) -> None:
    """Sets the engine's clock; requests are signed by that of the machine."""
    defaults = LiveRun.__init__.__kwdefaults__
    assert defaults is not None
    defaults["clock"] = lambda: utc_now() + timedelta(seconds=ahead)


if __name__ == "__main__":
    set_clock(float(os.environ.get(AHEAD, "0")))
    prepare(sys.argv.pop(1))
    if Path(INTENT).exists():
        trading.__dict__["instances_of"] = instances_of
        trading_live.__dict__["served"] = unserved
    main()
