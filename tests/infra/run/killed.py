"""Catching up in processes that are killed: `python -m tests.infra.run.killed LOG STORE SEED ROUNDS`.

Each round is a process that catches up in small batches and is killed (SIGKILL) shortly after the store has passed a
random ordinal. A last run catches up undisturbed, and the program then prints one JSON object. It is a separate program
because only a process without threads may fork safely.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial

from sqlalchemy import Engine, func, select

from infra.config import WhenceSettings
from infra.logs import open_reader
from infra.run.rebuilding import WORKS
from infra.store import migrate, open_store
from projections.bookkeeping import CURSORS, BuildKind
from projections.builds import kept_up
from projections.catalogue import PROJECTIONS
from projections.runner import Runner
from projections.store import reading

_BATCH = 50
_PATIENCE = 120.0


def catch_up(settings: WhenceSettings) -> None:
    """Creates the missing builds and brings all builds to the head of the log."""
    engine = open_store(settings)
    builds = [
        build
        for kind in (BuildKind.TODAY, BuildKind.HISTORY)
        for build in kept_up(engine, PROJECTIONS.values(), kind)
    ]
    with closing(open_reader(settings)) as log:
        runner = Runner(log, [WORKS[one.kind](engine, PROJECTIONS[one.projection], one, 0) for one in builds])
        while runner.step(_BATCH):
            pass
    engine.dispose()


def reached(engine: Engine) -> int:
    """The ordinal of the most advanced build."""
    with reading(engine) as connection:
        found = connection.execute(select(func.coalesce(func.max(CURSORS.c.ordinal), 0))).scalar_one()
        return int(found)


def killed_at(engine: Engine, work: Callable[[], None], ordinal: int, moment: float) -> bool:
    """Runs `work` in a process and kills that `moment` seconds after `ordinal`; returns whether it still ran."""
    engine.dispose()
    pid = os.fork()
    if pid == 0:
        work()
        os._exit(0)
    deadline = time.monotonic() + _PATIENCE
    while reached(engine) < ordinal and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(moment)
    os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def main(log: str, store: str, seed: str, rounds: str) -> None:
    """See the module's docstring."""
    settings = WhenceSettings(log=log, store=store)
    engine = open_store(settings)
    migrate(engine)
    with closing(open_reader(settings)) as reader:
        head = reader.head()
    chance, catching_up = random.Random(int(seed)), partial(catch_up, settings)
    points = sorted(chance.randrange(1, head - _BATCH) for _ in range(int(rounds)))
    deaths: list[dict[str, object]] = []
    for point in points:
        died = killed_at(engine, catching_up, point, chance.random() * 0.01)
        deaths.append({"aimed": point, "died": died, "left": reached(engine)})
    catch_up(settings)
    sys.stdout.write(json.dumps({"head": head, "deaths": deaths, "reached": reached(engine)}))
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
