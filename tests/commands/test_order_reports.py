"""Reports about an order, in any sequence and repeated: no fill is lost, and no fill counts twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from commands.exchange import Filled, OrderReport
from commands.order import OrderCommand, decide
from domain.arithmetic import EXACT, ZERO, total
from domain.errors import Refused
from domain.order import (
    CLOSED,
    PENDING,
    UNPLACED,
    Closed,
    OrderEvent,
    OrderOverfilled,
    OrderState,
    OrderStatus,
    Working,
    evolve,
    overfill,
)
from tests.commands.an_order import (
    ACCEPTED,
    AMEND_REFUSED,
    CANCEL,
    CANCEL_REFUSED,
    CANCELLED,
    EXPIRED,
    NOT_SENT,
    PLACE,
    REJECTED,
    SUBMITTED,
    TRIGGERED,
    UNCLEAR,
    amend,
    amended,
    filled,
)

figures = st.decimals("0.001", "9.999", places=3, allow_nan=False, allow_infinity=False)
prices = st.decimals("0.00000001", "99999.99999999", places=8, allow_nan=False, allow_infinity=False)
fees = st.decimals("-1", "1", places=12, allow_nan=False, allow_infinity=False)


@st.composite
def executions(draw: st.DrawFn) -> list[Filled]:
    """Up to six distinct executions; the same id is always the same execution."""
    count = draw(st.integers(0, 6))
    return [filled(f"x{n}", draw(figures), draw(prices), draw(fees)) for n in range(count)]


OTHERS: tuple[OrderReport, ...] = (
    SUBMITTED,
    ACCEPTED,
    TRIGGERED,
    CANCELLED,
    CANCEL_REFUSED,
    AMEND_REFUSED,
    REJECTED,
    EXPIRED,
    UNCLEAR,
    NOT_SENT,
)


@st.composite
def any_reports(draw: st.DrawFn) -> list[OrderReport]:
    """Executions and all other reports, in any sequence and repeated; every execution at least once."""
    fills = draw(executions())
    again = draw(st.lists(st.sampled_from([*fills, *OTHERS]), max_size=15))
    return draw(st.permutations([*fills, *again]))


REQUESTS: tuple[OrderCommand, ...] = (CANCEL, amend("0.5"), amend("0.002"), amend("3"), PLACE)
others: st.SearchStrategy[OrderCommand] = st.one_of(st.sampled_from(REQUESTS), figures.map(amended))


@st.composite
def lives(draw: st.DrawFn) -> list[OrderCommand]:
    """Reports, with requests and accepted amendments anywhere in between."""
    life: list[OrderCommand] = list(draw(any_reports()))
    for command in draw(st.lists(others, max_size=6)):
        life.insert(draw(st.integers(0, len(life))), command)
    return life


def lived(commands: Sequence[OrderCommand]) -> list[OrderEvent]:
    """The events of a placed order. Requests may be refused; reports are never refused."""
    state: OrderState = UNPLACED
    events: list[OrderEvent] = []
    for command in (PLACE, *commands):
        try:
            decided = decide(command, state)
        except Refused:
            assert not isinstance(command, OrderReport)
            continue
        for event in decided:
            state = evolve(state, event)
            events.append(event)
    return events


def ended(events: Sequence[OrderEvent]) -> Working | Closed:
    state: OrderState = UNPLACED
    for event in events:
        state = evolve(state, event)
    assert isinstance(state, Working | Closed)
    return state


def distinct(commands: Sequence[OrderCommand]) -> Mapping[str, Filled]:
    return {command.execution_id: command for command in commands if isinstance(command, Filled)}


@given(lives())
def test_filled_cost_and_fees_are_sums_over_distinct_executions(life: list[OrderCommand]) -> None:
    state, fills = ended(lived(life)), distinct(life)
    assert state.executions == set(fills)
    assert state.filled == total(fill.quantity for fill in fills.values())
    assert state.fees == total(fill.fee for fill in fills.values())
    assert state.notional == total(EXACT.multiply(fill.quantity, fill.price) for fill in fills.values())


@given(lives())
def test_folding_twice_gives_the_same_state(life: list[OrderCommand]) -> None:
    events = lived(life)
    assert ended(events) == ended(events)
    assert lived(life) == events


@given(lives())
def test_repeating_all_reports_has_no_event(
    life: list[OrderCommand],
) -> None:
    state = ended(lived(life))
    fills = [command for command in life if isinstance(command, Filled)]
    assert [event for fill in fills for event in decide(fill, state)] == []
    if isinstance(state, Closed):
        reports = [command for command in life if isinstance(command, OrderReport)]
        assert [event for report in reports for event in decide(report, state)] == []


@given(lives())
def test_the_recorded_excess_is_the_whole_overfill(life: list[OrderCommand]) -> None:
    events = lived(life)
    recorded = total(event.excess for event in events if isinstance(event, OrderOverfilled))
    assert recorded == overfill(ended(events))


@given(lives())
def test_the_status_agrees_with_the_filled_quantity(life: list[OrderCommand]) -> None:
    state = ended(lived(life))
    assert (state.status is OrderStatus.FILLED) is (state.filled >= state.terms.quantity)
    if isinstance(state, Working):
        assert state.status not in CLOSED
        assert (state.restored is OrderStatus.PARTIALLY_FILLED) is (state.filled > ZERO)
        assert state.restored is state.status or state.status in PENDING
    else:
        assert state.status in CLOSED


@given(any_reports().flatmap(lambda reports: st.tuples(st.just(reports), st.permutations(reports))))
def test_the_same_reports_in_any_two_sequences_fill_the_same_quantity(
    both: tuple[list[OrderReport], list[OrderReport]],
) -> None:
    one, other = (ended(lived(reports)) for reports in both)
    assert (one.filled, one.notional, one.fees) == (other.filled, other.notional, other.fees)
    assert one.executions == other.executions
