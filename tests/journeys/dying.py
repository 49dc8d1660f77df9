"""Runs that die: `python -m tests.journeys.dying FOLDER [MARKET_DATA SEED COUNT]` prints one line of JSON per log.

A step is the moment before or after an append, or before or after a call on the exchange. A child process plays a tape
up to a step and ends there at once (`os._exit`). Another child then plays the same tape on the log that the first one
left. Children are forked, so the parent must have no threads; therefore this is a program of its own and not part of a
test.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path

from adapters.avro import AvroCodec
from adapters.log.sqlite import open_sqlite
from commands.exchange import OrderEntry, Ticket
from domain.log import Envelope, EventLog, Recorded
from infra.run.collecting import spare_the_collector
from infra.run.paper import PaperRun
from infra.run.plan import Plan
from tests.journeys.runs import recorded_plan, rows_in, short_plan

DIED = 9


@dataclass(slots=True)
class Steps:
    """Counts the steps, and ends this process at step `dies_at`; with 0 it never does."""

    dies_at: int = 0
    taken: int = 0

    def __call__(self) -> None:
        self.taken += 1
        if self.taken == self.dies_at:
            os._exit(DIED)


class DyingLog:
    """A log with a step before and after each append."""

    def __init__(self, log: EventLog, step: Steps) -> None:
        self._log, self._step = log, step

    def append(self, envelopes: Sequence[Envelope]) -> int:
        self._step()
        ordinal = self._log.append(envelopes)
        self._step()
        return ordinal

    def head(self) -> int:
        return self._log.head()

    def read(self, after: int = 0, upto: int | None = None) -> Iterator[Recorded]:
        return self._log.read(after, upto)

    def read_stream(self, stream: str, after: int = 0) -> Iterator[Envelope]:
        return self._log.read_stream(stream, after)

    def check(self) -> None:
        self._log.check()

    def check_answers(self) -> None:
        self._log.check_answers()

    def close(self) -> None:
        self._log.close()


class DyingExchange:
    """An exchange with a step before and after each call; the orders of one submission are sent one after the other."""

    def __init__(self, exchange: OrderEntry, step: Steps) -> None:
        self._exchange, self._step = exchange, step

    @property
    def venue(self) -> str:
        return self._exchange.venue

    def submit(self, tickets: Sequence[Ticket]) -> None:
        for ticket in tickets:
            self._stepping(partial(self._exchange.submit, [ticket]))

    def cancel(self, order_id: str, at: datetime) -> None:
        self._stepping(partial(self._exchange.cancel, order_id, at))

    def amend(
        self,
        order_id: str,
        at: datetime,
        *,
        quantity: Decimal | None,
        limit_price: Decimal | None,
        trigger_price: Decimal | None,
    ) -> None:
        amend = partial(self._exchange.amend, quantity=quantity, limit_price=limit_price)
        self._stepping(partial(amend, order_id, at, trigger_price=trigger_price))

    def _stepping(self, call: Callable[[], None]) -> None:
        self._step()
        call()
        self._step()


def play(plan: Plan, path: Path, step: Steps) -> int:
    """Plays the plan to its end, or up to the step at which the process dies; returns the number of steps."""
    with closing(open_sqlite(path, AvroCodec())) as log:
        run = PaperRun(plan, DyingLog(log, step), _unseen, lambda exchange: DyingExchange(exchange, step))
        for _instant in run.instants():
            pass
    return step.taken


def _unseen(_envelope: Envelope) -> None:
    pass


def in_child(work: Callable[[], object]) -> int:
    """Runs the work in a child process; returns its exit code."""
    pid = os.fork()
    if pid == 0:
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def deaths(plan: Plan, folder: Path, points: Callable[[int], Iterable[Sequence[int]]]) -> Iterator[object]:
    """For each series of deaths on one log: the number of events in the log afterwards, and the outcome of a run that
    then plays to the end."""
    whole = folder / "whole.db"
    steps = play(plan, whole, Steps())
    rows = rows_in(whole)
    for series in points(steps):
        path = folder / f"{'-'.join(map(str, series))}.db"
        codes = [in_child(partial(play, plan, path, Steps(step))) for step in series]
        left = len(rows_in(path)) if path.exists() else 0
        ended = in_child(partial(play, plan, path, Steps()))
        yield {
            "steps": steps,
            "died": list(series),
            "codes": codes,
            "left": left,
            "ended": ended,
            "same": rows_in(path) == rows,
        }


def every(steps: int) -> Iterable[Sequence[int]]:
    """One death at each step."""
    return [[step] for step in range(1, steps + 1)]


def some(seed: int, count: int) -> Callable[[int], Iterable[Sequence[int]]]:
    """Random steps, determined by the seed: one to three deaths per log. Deaths after the first occur while the log is
    replayed."""

    def chosen(steps: int) -> Iterable[Sequence[int]]:
        chance = random.Random(seed)
        first = [chance.randint(1, steps) for _ in range(count)]
        return [
            [step, *(chance.randint(1, max(step // 20, 1)) for _ in range(n % 3))]
            for n, step in enumerate(first)
        ]

    return chosen


def main(folder: str, market_data: str = "", seed: str = "", count: str = "") -> None:
    """Prints the outcomes of deaths at every step of the short tape, or at random steps of the recorded tapes."""
    plan, points = (
        (recorded_plan(Path(market_data)), some(int(seed), int(count)))
        if market_data
        else (short_plan(), every)
    )
    spare_the_collector()
    for death in deaths(plan, Path(folder), points):
        sys.stdout.write(json.dumps(death) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
