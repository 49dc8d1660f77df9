"""Exactly the events whose rows the database refuses are parked."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from domain.log import Recorded
from domain.order import OrderPlaced
from projections import parked
from projections.builds import kept_up
from projections.orders import ORDERS
from projections.projection import Fold, Rows
from projections.runner import Runner
from projections.store import reading
from projections.work import works
from tests.projections.faulty import digests, two_accounts
from tests.projections.stores import WrittenLog
from tests.replacing import replace

_REFUSED = object()
"""A value that neither database has a type for."""


def _spoilt(ordinals: set[int]) -> Fold:
    placed = ORDERS.folds[OrderPlaced]

    def fold(rows: Rows, recorded: Recorded) -> None:
        if recorded.ordinal in ordinals:
            rows = _Spoiling(rows)
        placed(rows, recorded)

    return fold


class _Spoiling:
    def __init__(self, rows: Rows) -> None:
        self.find, self.get, self._put = rows.find, rows.get, rows.put

    def put(self, table: str, row: dict[str, Any]) -> None:
        self._put(table, {**row, "instrument": _REFUSED})


@pytest.mark.parametrize("batch", [7, 2_000])
def test_an_event_with_refused_rows_is_parked_and_projected_by_a_later_retry(
    store: Engine, batch: int
) -> None:
    """In small batches and in one batch for the whole log."""
    events = two_accounts()
    placed = [n for n, envelope in enumerate(events, 1) if isinstance(envelope.event, OrderPlaced)]
    wrong = {placed[3], placed[10]}
    spoilt = {"orders": replace(ORDERS, folds={**ORDERS.folds, OrderPlaced: _spoilt(wrong)})}
    log = WrittenLog(events)
    (build,) = kept_up(store, spoilt.values())
    runner = Runner(log, works(store, [build], spoilt, 0))
    while runner.step(batch):
        pass
    with reading(store) as connection:
        waiting = parked.sequences(connection, 0)
    assert {one.first for one in waiting} == wrong
    assert all("object" in one.error for one in waiting), [one.error for one in waiting]
    first = waiting[0].sequence
    again = parked.retry(store, log, spoilt["orders"], build, 0, first)
    assert (again.projected, again.waiting) == (0, waiting[0].events)
    assert again.error != ""
    for one in waiting:
        assert parked.retry(store, log, ORDERS, build, 0, one.sequence).waiting == 0
    expected = {"orders": ORDERS}
    mended = digests(store, expected)
    (build,) = kept_up(store, [replace(ORDERS, version=ORDERS.version + 1)])
    beside = {"orders": replace(ORDERS, version=ORDERS.version + 1)}
    Runner(log, works(store, [build], beside, 0)).catch_up()
    assert digests(store, beside) == mended
