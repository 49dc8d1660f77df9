"""The rows in the store equal the rows folded in memory, to the last digit, with a new runner for every batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, select

from projections import builds
from projections.bookkeeping import PARKED, BuildKind, BuildStatus
from projections.catalogue import PROJECTIONS
from projections.projection import Projection, Row
from projections.questions.cursor import Cursors
from projections.rows import MemoryRows
from projections.runner import Runner
from projections.source import Now
from projections.store import reading, writing
from projections.tables import TableSpec
from projections.work import works
from tests.projections.folded import a_run, nothing_stored
from tests.projections.odd import an_odd_log
from tests.projections.stores import WrittenLog, all_rows

_LOGS: Mapping[str, Callable[[], WrittenLog]] = {
    "odd": an_odd_log,
    "run": lambda: WrittenLog(a_run(1_500)),
}


@pytest.mark.parametrize("name", _LOGS)
def test_stored_rows_equal_the_rows_folded_in_memory(store: Engine, name: str) -> None:
    log = _LOGS[name]()
    with writing(store) as connection:
        begun = [
            builds.begin(connection, one, BuildKind.TODAY, BuildStatus.LIVE) for one in PROJECTIONS.values()
        ]
    while Runner(log, works(store, begun, PROJECTIONS, 0)).step(97):
        pass
    with reading(store) as connection:
        assert connection.execute(select(PARKED.c.sequence, PARKED.c.error)).all() == []
        source = Now(connection, PROJECTIONS, 0, Cursors(b""))
        for projection in PROJECTIONS.values():
            for spec in projection.tables:
                assert _exact(all_rows(source, spec.name, spec.key)) == _in_memory(projection, spec, log)


def _in_memory(projection: Projection, spec: TableSpec, log: WrittenLog) -> Mapping[Any, Row]:
    rows = MemoryRows(projection.tables, nothing_stored)
    for recorded in log.read():
        fold = projection.folds.get(type(recorded.envelope.event))
        if fold is not None:
            fold(rows, recorded)
    return _exact(rows.tables[spec.name].dirty)


def _exact(rows: Mapping[Any, Row]) -> Mapping[Any, Row]:
    """The rows with decimals as text, so that 1.50 differs from 1.5."""
    return {key: {name: _digits(value) for name, value in row.items()} for key, row in rows.items()}


def _digits(value: object) -> object:
    return format(value, "f") if isinstance(value, Decimal) else value
