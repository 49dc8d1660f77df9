"""Read models with a fault in them, and what two builds of the same log add up to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial

from sqlalchemy import Engine, select

from domain.log import Envelope, Recorded
from projections.bookkeeping import CURSORS
from projections.builds import Build, kept_up
from projections.digest import digest
from projections.projection import Fold, Projection, Rows
from projections.runner import Runner
from projections.store import reading
from projections.work import works
from tests.benchmarks.runs import copies
from tests.projections.folded import a_run
from tests.projections.stores import WrittenLog
from tests.replacing import replace


class Fault:
    """What is wrong with some events, for as long as it is not mended."""

    def __init__(self, wrong: Callable[[Recorded], bool]) -> None:
        self.mended = False
        self._wrong = wrong

    def projection(self, of: Projection) -> Projection:
        """The same projection, but for the fault: each fold puts its rows and then fails."""
        return replace(of, folds={kind: partial(self._fold, fold) for kind, fold in of.folds.items()})

    def _fold(self, fold: Fold, rows: Rows, recorded: Recorded) -> None:
        fold(rows, recorded)
        if not self.mended and self._wrong(recorded):
            raise ArithmeticError(f"nobody can add up ordinal {recorded.ordinal}")


@cache
def two_accounts() -> Sequence[Envelope]:
    """A run of two accounts at once, event by event in turn."""
    first, second = copies(a_run(1_500), 2)
    return [envelope for both in zip(first, second, strict=True) for envelope in both]


def caught_up(engine: Engine, log: WrittenLog, projections: Mapping[str, Projection]) -> Sequence[Build]:
    """The builds that are kept up, at the log's head."""
    kept = kept_up(engine, projections.values())
    Runner(log, works(engine, kept, projections, 0)).catch_up()
    return kept


def digests(engine: Engine, projections: Mapping[str, Projection]) -> Mapping[str, str]:
    """What the live build of each projection adds up to."""
    kept = kept_up(engine, projections.values())
    with reading(engine) as connection:
        return {one.projection: digest(connection, projections[one.projection], one) for one in kept}


def ordinals(engine: Engine) -> Mapping[int, int]:
    """How far each build is."""
    with reading(engine) as connection:
        found = connection.execute(select(CURSORS.c.build_id, CURSORS.c.ordinal))
        return {row.build_id: row.ordinal for row in found}
