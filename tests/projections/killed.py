"""Builds histories in a process that kills itself: `python -m tests.projections.killed LOG STORE`.

The process dies in the transaction of its second checkpoint, after all rows are written and before they are committed.
"""

from __future__ import annotations

import os
import signal
import sys

from sqlalchemy import Connection, create_engine

from infra.config import WhenceSettings
from infra.logs import open_reader
from projections import builds
from projections.bookkeeping import BuildKind
from projections.catalogue import PROJECTIONS
from projections.history import HistoryWork
from projections.runner import Runner
from projections.store import prepare, reading
from tests.projections.travel import INTERVAL


class KilledWork(HistoryWork):
    """Kills its process after writing its second checkpoint."""

    written_checkpoints = 0

    def write(self, connection: Connection, ordinal: int) -> None:
        super().write(connection, ordinal)
        self.written_checkpoints += 1
        if self.written_checkpoints == 2:
            os.kill(os.getpid(), signal.SIGKILL)


def main(log: str, store: str) -> None:
    engine = prepare(create_engine(store))
    with reading(engine) as connection:
        begun = list(builds.live(connection, BuildKind.HISTORY).values())
    *others, last = begun
    works = [HistoryWork(engine, PROJECTIONS[one.projection], one, 0, INTERVAL) for one in others]
    works.append(KilledWork(engine, PROJECTIONS[last.projection], last, 0, INTERVAL))
    runner = Runner(open_reader(WhenceSettings(log=log)), works)
    while runner.step(INTERVAL):
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
