"""The rows of open and closed positions equal the states that the domain computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import pytest

from commands.world import World
from domain.arithmetic import EXACT
from domain.direction import Direction
from domain.log import Envelope, Recorded
from domain.order import OrderCancelled, OrderEvent
from domain.position import Ended, Open, PositionClosed, PositionFunded, PositionOpened, PositionOrphaned
from domain.signal import Verdict
from domain.streams import parse, position_stream
from projections.positions import POSITIONS, owners_of
from tests.domain.history import (
    BTC,
    ETH,
    NOW,
    D,
    History,
    a_closing,
    a_decision,
    a_signal,
    an_open_day,
    an_opening,
    an_order,
    money,
)
from tests.projections.folded import folded
from tests.projections.odd import LATER, an_odd_log
from tests.projections.stores import WrittenLog
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
def test_the_row_of_a_closed_position_holds_its_exit_and_its_result(name: str) -> None:
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


@pytest.mark.parametrize("name", LOGS)
def test_the_owner_of_an_open_position_equals_its_owner_in_the_portfolio(name: str) -> None:
    assert owners_match(LOGS[name]().envelopes) > 1


def owners_match(envelopes: Sequence[Envelope]) -> int:
    """Compares the row's and the portfolio's owner after each event of an open position; returns the number of
    comparisons."""
    owners = owners_of(Recorded(at, one) for at, one in enumerate(envelopes, 1))
    world, compared = World(), 0
    for at, one in enumerate(envelopes, 1):
        world.fold(one)
        for held in world.portfolio.positions.values():
            if held.stream == one.meta.stream:
                assert owners[at] == held.owner, at
                compared += 1
    return compared


def signalled(strategy: str = "trend", verdict: Verdict = Verdict.ENTER) -> History:
    return an_open_day().signal(a_signal(strategy=strategy), a_decision(verdict=verdict))


def grown(*ends: OrderEvent) -> History:
    """A person's entry order is placed while a strategy's position is open, but the position closes before the fill. So
    the entry opens a new position instead of increasing the old one."""
    history = signalled().order("abc-e1", an_order()).position(an_opening())
    history.order("zzz-e1", an_order(), *ends).position(a_closing(D(5), D(10_005)))
    return history.record(
        position_stream("main", BTC, Direction.LONG, 2), an_opening(order_id="zzz-e1"), chain="zzz"
    )


OWNED: Mapping[str, tuple[Callable[[], History], str]] = {
    "a signal's entry": (
        lambda: signalled("slow").order("abc-e1", an_order()).position(an_opening()),
        "slow",
    ),
    "a scanner's entry": (
        lambda: signalled("scanner").order("abc-e1", an_order()).position(an_opening()),
        "scanner",
    ),
    "a person's entry": (lambda: an_open_day().order("abc-e1", an_order()).position(an_opening()), "person"),
    "a fill after the order's end": (
        lambda: signalled("slow").order("abc-e1", an_order(), OrderCancelled("x")).position(an_opening()),
        "slow",
    ),
    "a skipped signal": (lambda: signalled(verdict=Verdict.SKIP).position(an_opening()), "person"),
    "a person's entry that would have grown a strategy's position": (grown, "trend"),
    "such an entry, cancelled before its fill": (lambda: grown(OrderCancelled("x")), "person"),
    "an orphan": (lambda: signalled().position(an_opening(), PositionOrphaned("trend", "")), "trend"),
    "an orphan with an heir": (
        lambda: signalled().position(an_opening(), PositionOrphaned("trend", "slow"), PositionFunded(D(1))),
        "slow",
    ),
}


@pytest.mark.parametrize("name", OWNED)
def test_a_position_has_the_owner_of_the_entry_that_opened_it_or_its_heir(name: str) -> None:
    history, owner = OWNED[name][0](), OWNED[name][1]
    rows = table_of(POSITIONS, WrittenLog(history.envelopes))
    assert list(rows.values())[-1]["owner"] == owner
    assert owners_match(history.envelopes) >= 1


def test_closing_a_position_that_was_not_opened_fails() -> None:
    history = an_open_day().account(money(D(1), D(2)))
    stream = position_stream("main", BTC, Direction.LONG, 1)
    history.record(
        stream, *(one.event for _, one in recorded(an_odd_log(), PositionClosed)), at=NOW + timedelta(1)
    )
    with pytest.raises(KeyError, match="was not projected"):
        folded(POSITIONS, history.envelopes)
