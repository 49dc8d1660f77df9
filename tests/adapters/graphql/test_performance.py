"""The figures of performance queries equal the summary of the log, and the ratios equal values computed by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from projections.summary import Summary
from tests.adapters.graphql.reading import Reading

FIGURES = """account by value trades wins losses winRate profitFactor net gross fees funding grossProfit grossLoss
    averageWin averageLoss largestWin largestLoss maxDrawdown sharpe sortino"""


def test_the_performance_of_all_trades_equals_the_summary_of_the_log(reading: Reading) -> None:
    summary = Summary()
    for recorded in reading.events():
        summary.fold(recorded.envelope)
    (data,) = reading.query(f"{{performance {{{FIGURES}}}}}")["performance"]
    assert (data["trades"], data["wins"]) == (summary.trades, summary.wins)
    for name in ("gross", "fees", "funding", "net"):
        assert Decimal(data[name]) == getattr(summary, name)
    assert Decimal(data["winRate"]) == round(Decimal(summary.wins) / summary.trades, 6)
    assert Decimal(data["grossProfit"]) + Decimal(data["grossLoss"]) == summary.net
    factor = Decimal(data["grossProfit"]) / -Decimal(data["grossLoss"])
    assert Decimal(data["profitFactor"]) == round(factor, 6)
    assert Decimal(data["averageWin"]) == round(Decimal(data["grossProfit"]) / data["wins"], 6)
    assert Decimal(data["averageLoss"]) == round(Decimal(data["grossLoss"]) / data["losses"], 6)


@pytest.mark.parametrize("by", ["INSTRUMENT", "STRATEGY", "DAY"])
def test_the_groups_of_a_dimension_add_up_to_all_trades(reading: Reading, by: str) -> None:
    document = f"{{all: performance {{{FIGURES}}} parts: performance(by: {by}) {{{FIGURES}}}}}"
    data = reading.query(document)
    (whole,), parts = data["all"], data["parts"]
    assert len({one["value"] for one in parts}) == len(parts) > 0
    assert sum(one["trades"] for one in parts) == whole["trades"]
    for name in ("net", "fees", "grossProfit", "grossLoss"):
        assert sum(Decimal(one[name]) for one in parts) == Decimal(whole[name])
    assert all(one["sharpe"] is None and one["sortino"] is None for one in parts)


def test_the_demo_has_no_ratios_because_it_has_fewer_than_thirty_days(reading: Reading) -> None:
    data = reading.query("{performance {sharpe sortino} equity(first: 1) {edges {node {day}}}}")
    assert data["equity"]["edges"][0]["node"]["day"] < "2025-01-30"
    assert data["performance"][0] == {"sharpe": None, "sortino": None}
