"""Histories have the same rows for every batch size, after kills, and after a parked sequence is retried."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from domain.errors import Refused
from domain.log import Recorded
from domain.order import OrderAccepted
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader
from projections import builds, history
from projections.bookkeeping import CURSORS, PARKED, BuildKind, ParkedState
from projections.builds import tables_of
from projections.catalogue import PROJECTIONS
from projections.orders import ORDERS
from projections.projection import Fold, Projection, Rows
from projections.runner import Runner
from projections.store import reading, writing
from tests.projections.stores import WrittenLog
from tests.projections.travel import (
    INTERVAL,
    all_tables,
    begun,
    embedded,
    histories,
    live_tables,
    models_of,
    run,
    sqlite_store,
)
from tests.replacing import replace

__all__ = ["embedded"]

Kept = Mapping[str, Sequence[tuple[Any, ...]]]

LAST = len(run()) // INTERVAL * INTERVAL
BROKEN_AT = next(
    ordinal
    for ordinal, one in enumerate(run(), 1)
    if ordinal > INTERVAL * 2 + 5 and isinstance(one.event, OrderAccepted)
)
BROKEN = run()[BROKEN_AT - 1].meta.stream
ENDS = (BROKEN_AT - 1, BROKEN_AT, INTERVAL * 3, INTERVAL * 4 + 7, len(run()))


def kept(engine: Engine) -> Kept:
    """Every row of every live history, with the checkpoints between which it is valid."""
    with reading(engine) as connection:
        made = builds.live(connection, BuildKind.HISTORY).values()
        tables = [item for build in made for item in tables_of(PROJECTIONS[build.projection], build).items()]
        return {
            name: [
                tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))
            ]
            for name, table in tables
        }


def cursors(engine: Engine) -> set[int]:
    with reading(engine) as connection:
        return set(connection.execute(select(CURSORS.c.ordinal)).scalars())


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """The rows of the histories of an uninterrupted run without faults."""
    with sqlite_store(tmp_path_factory.mktemp("whole")) as engine:
        Runner(WrittenLog(run()), histories(engine)).catch_up()
        return kept(engine)


@pytest.mark.parametrize("batch", [7, INTERVAL, 200])
def test_the_rows_of_a_history_do_not_depend_on_the_batch_size(
    embedded: Engine, expected: Kept, batch: int
) -> None:
    runner = Runner(WrittenLog(run()), histories(embedded))
    while runner.step(batch):
        pass
    assert cursors(embedded) == {LAST}
    assert kept(embedded) == expected


def test_both_databases_hold_the_same_history(store: Engine, expected: Kept) -> None:
    Runner(WrittenLog(run()), histories(store)).catch_up()
    assert kept(store) == expected


def test_the_rows_of_a_history_are_valid_from_a_checkpoint_until_a_checkpoint(expected: Kept) -> None:
    for name, rows in expected.items():
        for *_, since, until in rows:
            assert since % INTERVAL == 0 < since, name
            assert until is None or (since < until and until % INTERVAL == 0), name
    assert any(row[-1] is not None for row in expected["orders"])


def test_after_kills_a_history_is_resumed_and_ends_with_the_same_rows(
    tmp_path: Path, embedded: Engine, expected: Kept
) -> None:
    log = f"sqlite:///{tmp_path / 'log.db'}"
    with closing(open_owned(WhenceSettings(log=log))) as owned:
        owned.append(run())
    histories(embedded)
    for deaths in (1, 2):
        program = [sys.executable, "-m", "tests.projections.killed", log, str(embedded.url)]
        dead = subprocess.run(program, timeout=60, capture_output=True, text=True, check=False)
        assert dead.returncode == -signal.SIGKILL, dead.stderr
        assert cursors(embedded) == {INTERVAL * deaths}
    with reading(embedded) as connection:
        made = list(builds.live(connection, BuildKind.HISTORY).values())
    with closing(open_reader(WhenceSettings(log=log))) as reader:
        Runner(reader, history.works(embedded, made, PROJECTIONS, 0, INTERVAL)).catch_up()
    assert kept(embedded) == expected


def orders_with(fold: Fold) -> Mapping[str, Projection]:
    """The projection of orders with `fold` for OrderAccepted."""
    return {"orders": replace(ORDERS, folds={**ORDERS.folds, OrderAccepted: fold})}


def fails(rows: Rows, recorded: Recorded) -> None:
    """A fold that fails for one order."""
    if recorded.envelope.meta.stream == BROKEN:
        raise ValueError("cannot fold this order")
    ORDERS.folds[OrderAccepted](rows, recorded)


def overflows(rows: Rows, recorded: Recorded) -> None:
    """A fold that puts a row with a number too large for every database, for one order."""
    ORDERS.folds[OrderAccepted](rows, recorded)
    meta = recorded.envelope.meta
    if meta.stream == BROKEN:
        row = rows.get("orders", meta.account, BROKEN.split("-", 2)[2])
        rows.put("orders", {**row, "ordinal": 1 << 70})


@pytest.mark.parametrize("fold", [fails, overflows])
def test_an_event_that_is_parked_in_the_live_build_is_left_out_of_the_past(store: Engine, fold: Fold) -> None:
    projections = orders_with(fold)
    seen = live_tables(store, run(), ENDS, projections)
    log = WrittenLog(run())
    Runner(log, histories(store, projections)).catch_up()
    models = models_of(store, log, projections)
    for ordinal, expected_tables in seen.items():
        with models.as_of(ordinal) as source:
            assert all_tables(source, projections) == expected_tables, ordinal
    with reading(store) as connection:
        first = select(PARKED.c.ordinal).where(PARKED.c.error != "")
        assert set(connection.execute(first).scalars()) == {BROKEN_AT}


def test_without_builds_a_failing_event_parks_only_its_sequence(embedded: Engine, tmp_path: Path) -> None:
    projections = orders_with(fails)
    (tmp_path / "live").mkdir()
    with sqlite_store(tmp_path / "live") as other:
        seen = live_tables(other, run(), ENDS, projections)
    models = models_of(embedded, WrittenLog(run()), projections)
    for ordinal, expected_tables in seen.items():
        with models.as_of(ordinal) as source:
            assert all_tables(source, projections) == expected_tables, ordinal


def test_a_discarded_event_is_left_out_of_the_past(embedded: Engine) -> None:
    log, projections = WrittenLog(run()), orders_with(fails)
    Runner(log, histories(embedded, projections)[:]).catch_up()
    with writing(embedded) as connection:
        connection.execute(update(PARKED).values(state=ParkedState.DISCARDED.value))
    models = models_of(embedded, log, {"orders": ORDERS})
    with models.as_of(BROKEN_AT + 1) as source:
        row = all_tables(source, {"orders": ORDERS})["orders"]["paper", BROKEN.split("-", 2)[2]]
    assert row["updated_ordinal"] < BROKEN_AT


@pytest.mark.parametrize("fold", [fails, overflows])
def test_after_a_rewind_and_with_corrected_folds_the_rows_equal_those_of_a_run_without_faults(
    embedded: Engine, expected: Kept, fold: Fold
) -> None:
    log, projections = WrittenLog(run()), orders_with(fold)
    Runner(log, histories(embedded, projections)).catch_up()
    assert kept(embedded)["orders"] != expected["orders"]
    with writing(embedded) as connection:
        build = builds.live(connection, BuildKind.HISTORY)["orders"]
        checkpoint = history.rewind(connection, ORDERS, build, 0, BROKEN_AT, INTERVAL)
    assert checkpoint == INTERVAL * 2
    assert cursors(embedded) == {checkpoint}
    Runner(log, history.works(embedded, [build], {"orders": ORDERS}, 0, INTERVAL)).catch_up()
    assert kept(embedded)["orders"] == expected["orders"]
    with reading(embedded) as connection:
        assert connection.execute(select(PARKED)).all() == []


def test_discarded_events_stay_discarded_after_a_rewind(embedded: Engine) -> None:
    log, projections = WrittenLog(run()), orders_with(fails)
    runner = Runner(log, histories(embedded, projections))
    while runner.works[0].ordinal < INTERVAL * 3:
        runner.step(INTERVAL)
    with writing(embedded) as connection:
        connection.execute(update(PARKED).values(state=ParkedState.DISCARDED.value))
        connection.execute(update(CURSORS).values(epoch=CURSORS.c.epoch + 1))
    runner.catch_up()
    before = kept(embedded)
    with writing(embedded) as connection:
        build = builds.live(connection, BuildKind.HISTORY)["orders"]
        history.rewind(connection, ORDERS, build, 0, BROKEN_AT, INTERVAL)
    made = history.works(embedded, [build], projections, 0, INTERVAL)
    Runner(log, made).catch_up()
    assert kept(embedded) == before
    with reading(embedded) as connection:
        assert set(connection.execute(select(PARKED.c.state)).scalars()) == {ParkedState.DISCARDED.value}


def test_a_running_runner_resumes_from_the_checkpoint_after_a_rewind(
    embedded: Engine, expected: Kept
) -> None:
    log = WrittenLog(run()[:300])
    runner = Runner(log, histories(embedded, {"orders": ORDERS}))
    runner.catch_up()
    with writing(embedded) as connection:
        build = builds.live(connection, BuildKind.HISTORY)["orders"]
        history.rewind(connection, ORDERS, build, 0, 100, INTERVAL)
    log.append(run()[300:])
    runner.catch_up()
    assert cursors(embedded) == {LAST}
    assert kept(embedded)["orders"] == expected["orders"]


def test_rewinding_a_build_that_is_not_a_history_is_refused(embedded: Engine) -> None:
    (build,) = begun(embedded, BuildKind.TODAY, {"orders": ORDERS})
    with pytest.raises(Refused, match="is not a history"), writing(embedded) as connection:
        history.rewind(connection, ORDERS, build, 0, 5)
