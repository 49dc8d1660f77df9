"""The positions table equals the states of the domain's own fold, open and closed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.arithmetic import EXACT
from domain.direction import Direction
from domain.position import Ended, Open, PositionClosed, PositionOpened
from domain.streams import parse, position_stream
from projections.positions import POSITIONS
from tests.domain.history import BTC, ETH, NOW, D, an_open_day, money
from tests.projections.folded import folded
from tests.projections.odd import LATER, an_odd_log
from tests.projections.worlds import LOGS, recorded, states, table_of


@pytest.mark.parametrize("name", LOGS)
def test_each_row_equals_the_state_of_its_position(name: str) -> None:
    log = LOGS[name]()
    rows = table_of(POSITIONS, log)
    known = list(states(log, "position"))
    assert {(stream.account, stream.id) for stream, _ in known} == set(rows)
    assert len(known) > 2
    for stream, state in known:
        row = rows[stream.account, stream.id]
        if isinstance(state, Ended):
            assert (row["status"], row["net"], row["quantity"], row["cost"]) == ("CLOSED", state.net, 0, 0)
            continue
        assert isinstance(state, Open)
        assert row["status"] == "OPEN"
        assert (row["instrument"], row["direction"]) == (state.instrument, state.direction.value)
        assert (row["quantity"], row["cost"]) == (state.quantity, state.cost)
        assert row["average_price"] == round(state.average_price, 12)
        assert (row["gross"], row["fees"], row["funding"]) == (state.gross, state.fees, state.funding)
        assert row["net"] == EXACT.add(EXACT.subtract(state.gross, state.fees), state.funding)
        assert (row["stop"], row["target"]) == (state.stop, state.target)


@pytest.mark.parametrize("name", LOGS)
def test_the_row_of_a_closed_position_holds_exit_and_result(name: str) -> None:
    log = LOGS[name]()
    rows = table_of(POSITIONS, log)
    opened = {one.meta.stream: one for _, one in recorded(log, PositionOpened)}
    for at, closed in recorded(log, PositionClosed):
        event, meta = closed.event, closed.meta
        assert isinstance(event, PositionClosed)
        row = rows[meta.account, parse(meta.stream).id]
        assert (row["exit_reason"], row["exit_order"]) == (event.reason.value, event.order_id)
        assert (row["gross"], row["fees"], row["funding"]) == (event.gross, event.fees, event.funding)
        assert (row["closed_at"], row["updated_ordinal"]) == (meta.occurred_at, at)
        assert (row["chain"], row["closed_by_chain"]) == (
            opened[meta.stream].meta.correlation_id,
            meta.correlation_id,
        )


def test_a_closed_position_keeps_largest_quantity_average_price_and_protection() -> None:
    rows = table_of(POSITIONS, an_odd_log())
    row = rows["main", f"{BTC}-LONG-1"]
    assert row["max_quantity"] == D(15)
    assert row["average_price"] == D("103.333333333333")
    assert (row["stop"], row["target"]) == (D("101.5"), None)
    assert (row["opened_at"], row["closed_at"], row["n"]) == (NOW, LATER, 1)
    assert rows["main", f"{BTC}-LONG-12"]["n"] == 12


def test_a_position_opened_by_hand_has_no_protection() -> None:
    row = table_of(POSITIONS, an_odd_log())["main", f"{ETH}-SHORT-1"]
    assert (row["stop"], row["target"], row["entry_order"]) == (None, None, "m-e1")
    assert (row["status"], row["net"]) == ("OPEN", D("-0.1"))


def test_closing_a_position_that_was_not_opened_fails() -> None:
    history = an_open_day().account(money(D(1), D(2)))
    stream = position_stream("main", BTC, Direction.LONG, 1)
    history.record(
        stream, *(one.event for _, one in recorded(an_odd_log(), PositionClosed)), at=NOW + timedelta(1)
    )
    with pytest.raises(KeyError, match="was not projected"):
        folded(POSITIONS, history.envelopes)
