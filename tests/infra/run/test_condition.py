"""The condition of the read models of a running process: built at the start, and unknown while the store is away."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader
from infra.run.condition import Condition
from infra.run.projecting import Projecting
from infra.run.turn import turn_of
from projections.accounts import ACCOUNTS
from projections.bookkeeping import CURSORS
from projections.condition import FaultKind
from projections.orders import ORDERS
from projections.projection import Projection
from projections.store import writing
from tests.adversary.waiting import until
from tests.infra.run.stores import filled, store, store_url
from tests.projections.folded import a_run

__all__ = ["store", "store_url"]

EVENTS = a_run(1_500)[:60]
FEW = {"orders": ORDERS, "accounts": ACCOUNTS}


@pytest.fixture
def address(tmp_path: Path) -> str:
    """The address of a log with events."""
    found = f"sqlite:///{tmp_path / 'log.db'}"
    filled(found, EVENTS)
    return found


def test_read_models_are_being_built_until_they_include_what_the_log_had_at_the_start(
    store: Engine, address: str
) -> None:
    with closing(open_reader(WhenceSettings(log=address))) as log:
        projecting = Projecting(store, log, {"orders": ORDERS})
        condition = Condition(store, log, projecting, lag=30.0)
        projecting.start()
        try:
            assert projecting.began_at == len(EVENTS)
            assert projecting.wait_until(len(EVENTS), 20.0)
            assert condition.look() == []
        finally:
            projecting.stop()
        with writing(store) as connection:
            connection.execute(CURSORS.update().values(ordinal=59))
        (fault,) = condition.look()
        assert str(fault) == "orders is being built: 59 of 60 events"


@contextmanager
def waiting(store: Engine, address: str, projections: Mapping[str, Projection]) -> Generator[Condition]:
    """The condition of a process whose read models are not built, because another process has the turn."""
    turn = turn_of(store, 0)
    # PostgreSQL frees the lock of a closed connection a moment later.
    until(turn.take, "the turn is free")
    with closing(open_reader(WhenceSettings(log=address))) as log:
        projecting = Projecting(store, log, projections)
        projecting.start()
        try:
            yield Condition(store, log, projecting, lag=30.0)
        finally:
            projecting.stop()
            turn.give_back()


def projected(store: Engine, address: str, projections: Mapping[str, Projection], upto: int) -> None:
    with closing(open_reader(WhenceSettings(log=address))) as log:
        projecting = Projecting(store, log, projections)
        projecting.start()
        assert projecting.wait_until(upto, 20.0)
        projecting.stop()


@pytest.mark.parametrize("built", [(), ("orders",), ("accounts",)], ids=["none", "orders", "accounts"])
def test_a_process_is_not_ready_until_the_read_models_that_its_store_lacks_are_built(
    store: Engine, address: str, built: Sequence[str]
) -> None:
    if built:
        projected(store, address, {name: FEW[name] for name in built}, len(EVENTS))
    with waiting(store, address, FEW) as condition:
        faults = [str(fault) for fault in condition.look()]
    assert faults == [f"{name} is being built: 0 of 60 events" for name in FEW if name not in built]
    projected(store, address, FEW, len(EVENTS))
    with waiting(store, address, FEW) as condition:
        assert condition.look() == []


def test_a_process_on_a_log_without_events_is_ready(store: Engine, tmp_path: Path) -> None:
    empty = f"sqlite:///{tmp_path / 'empty.db'}"
    open_owned(WhenceSettings(log=empty)).close()
    with waiting(store, empty, FEW) as condition:
        assert condition.look() == []


def test_a_process_is_not_ready_until_read_models_of_a_replaced_log_are_built_again(
    store: Engine, address: str
) -> None:
    projected(store, address, FEW, len(EVENTS))
    with writing(store) as connection:
        connection.execute(CURSORS.update().values(prefix="00"))
    with waiting(store, address, FEW) as condition:
        assert [str(fault) for fault in condition.look()] == [
            "orders is being built: 0 of 60 events",
            "accounts is being built: 0 of 60 events",
        ]


def test_later_events_do_not_make_a_process_that_was_ready_build_again(store: Engine, address: str) -> None:
    with closing(open_reader(WhenceSettings(log=address))) as log:
        projecting = Projecting(store, log, {"orders": ORDERS})
        condition = Condition(store, log, projecting, lag=30.0)
        projecting.start()
        try:
            assert projecting.wait_until(len(EVENTS), 20.0)
        finally:
            projecting.stop()
        with closing(open_owned(WhenceSettings(log=address))) as owned:
            owned.append(a_run(1_500)[60:70])
        assert condition.look() == []


def test_the_condition_is_unknown_while_the_tables_of_the_store_are_missing(
    store: Engine, address: str
) -> None:
    with closing(open_reader(WhenceSettings(log=address))) as log:
        condition = Condition(store, log, Projecting(store, log, {"orders": ORDERS}), lag=30.0)
        with writing(store) as connection:
            connection.execute(text("ALTER TABLE cursors RENAME TO gone"))
        assert [fault.kind for fault in condition.look()] == [FaultKind.UNKNOWN]
