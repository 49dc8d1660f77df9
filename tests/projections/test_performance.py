"""The performance tables equal sums that are computed directly from the events."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal

import pytest

from domain.account import DayClosed
from domain.log import Envelope
from domain.order import OrderFilled, OrderPlaced
from domain.position import PositionClosed, PositionOpened
from domain.signal import DecisionMade, SignalDetected
from domain.streams import parse_position
from projections.performance import BY_HAND, PERFORMANCE, WINDOW, win_rate
from projections.rows import MemoryRows
from tests.domain.history import ACCOUNT, BTC, D, a_closing, an_open_day, an_opening
from tests.projections.folded import a_run, folded, table


@pytest.fixture(scope="module")
def rows() -> MemoryRows:
    return folded(PERFORMANCE, a_run())


def closings() -> list[tuple[Envelope, PositionClosed]]:
    return [(one, one.event) for one in a_run() if isinstance(one.event, PositionClosed)]


def test_the_row_of_all_trades_holds_the_sums_over_all_closed_positions(rows: MemoryRows) -> None:
    row = table(rows, "performance")["paper", "ALL", ""]
    nets = [event.net for _envelope, event in closings()]
    assert (row["trades"], row["net"]) == (len(nets), sum(nets))
    assert (row["wins"], row["losses"]) == (sum(net > 0 for net in nets), sum(net < 0 for net in nets))
    assert row["gross_profit"] == sum(net for net in nets if net > 0)
    assert row["gross_loss"] == sum(net for net in nets if net < 0)
    assert (row["largest_win"], row["largest_loss"]) == (max(nets), min(nets))
    assert row["fees"] == sum(event.fees for _envelope, event in closings())
    assert row["recent"] == "".join(str(int(net > 0)) for net in nets[-WINDOW:])
    assert len(nets) > WINDOW


@pytest.mark.parametrize("dimension", ["INSTRUMENT", "STRATEGY", "DAY", "HOUR"])
def test_the_rows_of_every_dimension_add_up_to_the_row_of_all_trades(
    rows: MemoryRows, dimension: str
) -> None:
    found = [row for row in table(rows, "performance").values() if row["dimension"] == dimension]
    whole = table(rows, "performance")["paper", "ALL", ""]
    for name in ("trades", "wins", "losses", "net", "gross_profit", "gross_loss", "fees", "funding"):
        assert sum(row[name] for row in found) == whole[name]


def test_the_nets_by_instrument_and_by_day_equal_the_sums_of_the_events(rows: MemoryRows) -> None:
    nets: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for envelope, event in closings():
        nets["INSTRUMENT", parse_position(envelope.meta.stream).instrument] += event.net
        nets["DAY", envelope.meta.occurred_at.date().isoformat()] += event.net
    found = table(rows, "performance")
    assert {
        (d, v): row["net"] for (_account, d, v), row in found.items() if d in {"INSTRUMENT", "DAY"}
    } == nets


def test_the_nets_by_hour_are_those_of_the_positions_that_were_opened_in_it(rows: MemoryRows) -> None:
    opened = {
        one.meta.stream: one.meta.occurred_at for one in a_run() if isinstance(one.event, PositionOpened)
    }
    nets: dict[str, Decimal] = defaultdict(Decimal)
    for envelope, event in closings():
        nets[f"{opened[envelope.meta.stream].hour:02}:00"] += event.net
    found = table(rows, "performance")
    assert {value: row["net"] for (_account, by, value), row in found.items() if by == "HOUR"} == nets


def test_the_drawdown_is_the_largest_drop_of_the_cumulative_net_below_its_peak() -> None:
    history = an_open_day()
    for n, net in enumerate((D(50), D(-30), D(-40), D(10)), 1):
        history.position(an_opening(), a_closing(net, D(10_000)), n=n)
    row = table(folded(PERFORMANCE, history.envelopes), "performance")[ACCOUNT, "ALL", ""]
    assert (row["max_drawdown"], row["peak_net"], row["net"]) == (D(70), D(50), D(-10))


def test_the_counts_equal_the_numbers_of_events(rows: MemoryRows) -> None:
    counts: Counter[str] = Counter()
    for row in table(rows, "counts").values():
        counts[row["measure"]] += row["count"]
    kinds = Counter(type(one.event) for one in a_run())
    assert counts["SIGNALS"] == kinds[SignalDetected]
    assert counts["DECISIONS"] == kinds[DecisionMade]
    assert counts["ORDERS_PLACED"] == kinds[OrderPlaced]
    assert counts["FILLS"] == kinds[OrderFilled]
    assert counts["POSITIONS_CLOSED"] == kinds[PositionClosed]


def test_each_closed_day_holds_its_opening_and_closing_balance(rows: MemoryRows) -> None:
    days = {row["day"]: row for row in table(rows, "days").values()}
    closed = {one.event.day: one.event for one in a_run() if isinstance(one.event, DayClosed)}
    assert {day for day, row in days.items() if row["closed"]} == set(closed)
    for day, event in closed.items():
        assert days[day]["balance"] - days[day]["opening"] == event.realised


def test_a_position_opened_by_hand_is_counted_under_the_manual_strategy() -> None:
    history = an_open_day().position(an_opening(), a_closing(D(7), D(10_007)))
    found = table(folded(PERFORMANCE, history.envelopes), "performance")
    assert found[ACCOUNT, "STRATEGY", BY_HAND]["net"] == D(7)
    assert found[ACCOUNT, "INSTRUMENT", BTC]["wins"] == 1


def test_the_win_rate_is_none_without_trades() -> None:
    assert (win_rate(0, 0), win_rate(1, 3)) == (None, Decimal("0.333333"))
