"""The equity curve: every mark, every change of the balance, and the drawdown from the peak."""

from __future__ import annotations

from domain.account import AccountOpened, BalanceChanged
from domain.mark import AccountMarked
from projections.equity import EQUITY
from projections.summary import Summary
from tests.domain.history import D, an_open_day, money
from tests.projections.folded import a_run, folded, table


def test_every_change_of_the_balance_and_every_mark_is_a_point() -> None:
    points = list(table(folded(EQUITY, a_run()), "equity").values())
    changes = [
        one.event for one in a_run() if isinstance(one.event, BalanceChanged | AccountOpened | AccountMarked)
    ]
    assert [point["balance"] for point in points] == [event.balance for event in changes]
    marks = [event for event in changes if isinstance(event, AccountMarked)]
    marked = [point for point in points if point["reason"] == "MARKED"]
    assert [(point["equity"], point["unrealised"]) for point in marked] == [
        (mark.equity, mark.unrealised) for mark in marks
    ]
    assert len(points) > len(marks) + 100 > 200


def test_a_change_of_the_balance_has_an_equity_only_while_no_position_is_open() -> None:
    points = table(folded(EQUITY, a_run()), "equity").values()
    fills = [point for point in points if point["reason"] == "FILL"]
    flat = [point for point in fills if point["equity"] is not None]
    assert 0 < len(flat) < len(fills)
    assert all(point["equity"] == point["balance"] for point in flat)


def test_the_largest_drawdown_equals_the_drawdown_of_the_summary() -> None:
    summary = Summary()
    for envelope in a_run():
        summary.fold(envelope)
    points = table(folded(EQUITY, a_run()), "equity").values()
    deepest = max(point["drawdown"] for point in points)
    assert round(deepest, 9) == round(float(summary.max_drawdown), 9) > 0


def test_a_point_of_the_curve_holds_its_day_reason_amount_and_chain() -> None:
    history = an_open_day(balance=100).account(money(D(-25), D(75)))
    first, second = table(folded(EQUITY, history.envelopes), "equity").values()
    assert (first["reason"], first["amount"], first["drawdown"]) == ("OPENED", D(100), 0.0)
    assert (second["reason"], second["amount"], second["drawdown"]) == ("FILL", D(-25), 0.25)
    assert (second["day"], second["chain"], second["peak"]) == ("2025-04-03", "abc", D(100))
