"""A long log: the events of one eager run, repeated for many accounts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from adapters.tapes import synthetic_tape
from domain.log import Envelope
from infra.run.paper import PaperRun
from tests.benchmarks.logs import owned
from tests.benchmarks.runs import EAGER, copies, plan

_BATCH = 1_000


def history_of_one() -> Sequence[Envelope]:
    """Every event of one eager run over a synthetic market."""
    seen: list[Envelope] = []
    with closing(owned("memory:")) as log:
        chosen = plan(EAGER, of=synthetic_tape(7, candles=20_000))
        for _ in PaperRun(chosen, log, seen.append).instants():
            pass
    return seen


def fill(address: str, history: Sequence[Envelope], events: int) -> int:
    """Writes about `events` events to the log and returns their exact number."""
    with closing(owned(address)) as log:
        for account in copies(history, max(1, events // len(history))):
            for start in range(0, len(account), _BATCH):
                log.append(account[start : start + _BATCH])
        return log.head()
