"""Requests of a person to a run: a script of requests by instant of the tape, and their answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

from adapters.simulated.steps import to_tick
from commands.door import Answer
from commands.request import Request, Requested
from domain.candle import Candle
from domain.direction import Side
from domain.log import Envelope, EventLog
from infra.run.clock import utc_now
from infra.run.paper import PaperRun
from infra.run.plan import Plan

PATIENCE = 20.0
Script = Mapping[int, Sequence[tuple[str, Callable[[PaperRun], Request]]]]
"""The requests sent at each instant, by the instant's number; each is a key and the function that makes it."""


def ask(run: PaperRun, key: str, request: Request, account: str = "paper") -> Answer:
    """Sends the request from another thread, as any caller does; the run attends until it has answered."""
    requested = Requested(
        id=key, account=account, actor="eve", valid_until=utc_now() + timedelta(minutes=1), request=request
    )
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(run.door.ask, requested, PATIENCE)
        while not answer.done():
            run.attend(0.005)
    return answer.result()


def play_asking(plan: Plan, log: EventLog, script: Script, upto: int | None = None) -> dict[str, Answer]:
    """Plays the plan (up to instant `upto`) and sends the script's requests, except while the run recalls its log."""
    answers, seen = dict[str, Answer](), list[Envelope]()
    run = PaperRun(plan, log, seen.append)
    for number, _instant in enumerate(run.instants()):
        for key, make in () if run.recalling else script.get(number, ()):
            answers[key] = ask(run, key, make(run))
        if number == upto:
            break
    run.close()
    assert seen == [recorded.envelope for recorded in log.read()] or upto is not None
    return answers


def near(candle: Candle, tick: Decimal, part: str) -> Decimal:
    """The close of the candle times `part`, on the tick."""
    return to_tick(candle.close * Decimal(part), Side.SELL, tick)
