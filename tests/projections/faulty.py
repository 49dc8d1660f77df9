"""Projections whose folds fail for some events, and the digests of the builds in a store."""

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
    """Makes the folds of some events fail until `mended` is set."""

    def __init__(self, wrong: Callable[[Recorded], bool]) -> None:
        self.mended = False
        self._wrong = wrong

    def projection(self, of: Projection) -> Projection:
        """The same projection, but for an event that is `wrong` the fold puts its rows and then fails."""
        return replace(of, folds={kind: partial(self._fold, fold) for kind, fold in of.folds.items()})

    def _fold(self, fold: Fold, rows: Rows, recorded: Recorded) -> None:
        fold(rows, recorded)
        if not self.mended and self._wrong(recorded):
            raise ArithmeticError(f"cannot fold ordinal {recorded.ordinal}")


@cache
def two_accounts() -> Sequence[Envelope]:
    """The events of two accounts with the same trades, alternating between the accounts."""
    first, second = copies(a_run(1_500), 2)
    return [envelope for both in zip(first, second, strict=True) for envelope in both]


def caught_up(engine: Engine, log: WrittenLog, projections: Mapping[str, Projection]) -> Sequence[Build]:
    """Folds the log to its end; returns the builds that are kept up to date."""
    kept = kept_up(engine, projections.values())
    Runner(log, works(engine, kept, projections, 0)).catch_up()
    return kept


def digests(engine: Engine, projections: Mapping[str, Projection]) -> Mapping[str, str]:
    """For each projection the digest of the build that is kept up to date."""
    kept = kept_up(engine, projections.values())
    with reading(engine) as connection:
        return {one.projection: digest(connection, projections[one.projection], one) for one in kept}


def ordinals(engine: Engine) -> Mapping[int, int]:
    """The ordinal of each build, by build id."""
    with reading(engine) as connection:
        found = connection.execute(select(CURSORS.c.build_id, CURSORS.c.ordinal))
        return {row.build_id: row.ordinal for row in found}
