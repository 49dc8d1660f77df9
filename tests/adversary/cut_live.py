"""`whence live` whose requests come from stdin: `python -m tests.adversary.cut_live live OPTION…`.

A line of stdin is a person's request as JSON, {"key": …, "place": {terms}} or {"key": …, "close": position}. Its answer
is a line of stdout, as soon as the engine gives one.

With `WHENCE_CUT_QUICK` the API, which starts in seconds, is left out, and the program waits less: 1.5 s instead of 10
for a response of the exchange, 3 s instead of 60 in an open circuit breaker, and 7 s instead of 10 until an order that
is not found never arrives, which is longer than the 5 s for which the exchange accepts a request. Kafka has 5 s for an
answer and 2 s for a commit, instead of 30 and 10.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

import adapters.log.kafka
import domain.breaker
from adapters.bybit import BybitExchange, Timing
from commands.door import Completed, Declined
from commands.request import ClosePosition, ManualTerms, PlaceOrder, Request, Requested
from domain.direction import Side
from domain.order import OrderType
from infra.cli import main, trading_live
from infra.run.live import LiveRun
from infra.run.live_plan import Rhythm
from tests.adversary.dying_live import unserved
from tests.infra.run.rhythms import change_rhythm

QUICK, PAUSE = "WHENCE_CUT_QUICK", timedelta(seconds=3)
_TIMING = Timing(connect=1, response=1.5, ping=2, pong=1.8, answer=1.5, first_pause=0.1, longest_pause=0.5)
_PATIENCE = 300.0
_LOG_WAITS = {"KAFKA_TIMEOUT": "5", "KAFKA_COMMIT_TIMEOUT": "2"}

_running: list[LiveRun] = []
"""The run of this process, as soon as it is connected; a later one replaces it."""


def attended(connect: Callable[[LiveRun], None]) -> Callable[..., None]:
    """`LiveRun.connect`, after which requests go to that run."""

    def keep(self: LiveRun) -> None:
        connect(self)
        _running[:] = [self]

    return keep


def listen() -> None:
    """Passes each request to the engine, in a thread of its own: the engine may wait for the exchange."""
    for line in sys.stdin:
        Thread(target=_answer, args=(json.loads(line),), daemon=True).start()


def _answer(given: Mapping[str, Any]) -> None:
    (run,) = _running
    made = Requested(
        id=given["key"],
        account="paper",
        actor="eve",
        valid_until=datetime.now(UTC) + timedelta(seconds=_PATIENCE),
        request=_request(given),
    )
    answer = run.door.ask(made, _PATIENCE)
    stated = {
        "key": given["key"],
        "answer": type(answer).__name__,
        "reason": answer.reason if isinstance(answer, Declined) else "",
        "streams": [one.stream for one in answer.events] if isinstance(answer, Completed) else [],
    }
    sys.stdout.write(json.dumps(stated) + "\n")
    sys.stdout.flush()


def _request(given: Mapping[str, Any]) -> Request:
    if "close" in given:
        return ClosePosition(given["close"], "enough")
    terms = given["place"]
    return PlaceOrder(
        ManualTerms(
            instrument=terms["instrument"],
            side=Side.BUY,
            type=OrderType.LIMIT,
            quantity=Decimal(terms["quantity"]),
            limit_price=Decimal(terms["limit_price"]),
            stop=Decimal(terms["stop"]),
            target=Decimal(terms["target"]),
        )
    )


def _quickened(rhythm: Rhythm) -> Rhythm:
    return replace(rhythm, patience=1, in_flight=0.5, lost=7, retry=0.5, longest_retry=1)


def _quicken() -> None:
    trading_live.__dict__["served"] = unserved
    domain.breaker.PAUSE = PAUSE
    change_rhythm(_quickened)
    connect = BybitExchange.__init__

    def quick(self: BybitExchange, *given: Any, **named: Any) -> None:
        connect(self, *given, **{"timing": _TIMING, **named})

    BybitExchange.__init__ = quick  # type: ignore[method-assign]
    environment_of = adapters.log.kafka.environment_of

    def hurried(address: Any, client: Any, how: Mapping[str, str], index: Any) -> Any:
        return environment_of(address, client, {**how, **_LOG_WAITS}, index)

    adapters.log.kafka.environment_of = hurried


if __name__ == "__main__":
    if QUICK in os.environ:
        del os.environ[QUICK]
        _quicken()
    LiveRun.connect = attended(LiveRun.connect)  # type: ignore[method-assign]
    Thread(target=listen, daemon=True).start()
    main()
