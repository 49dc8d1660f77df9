"""A person at the door of a run: what is asked at which instant of the tape, and what was answered."""

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
"""By the number of the instant: the keys of what is asked there, and how each is made."""


def ask(run: PaperRun, key: str, request: Request, account: str = "paper") -> Answer:
    """Asks from another thread, as everybody does, and lets the run attend until it is answered."""
    requested = Requested(
        id=key, account=account, actor="eve", valid_until=utc_now() + timedelta(minutes=1), request=request
    )
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(run.door.ask, requested, PATIENCE)
        while not answer.done():
            run.attend(0.005)
    return answer.result()


def play_asking(plan: Plan, log: EventLog, script: Script, upto: int | None = None) -> dict[str, Answer]:
    """Plays the plan (to instant `upto`), asking by the script wherever the log is not being taken up again."""
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
