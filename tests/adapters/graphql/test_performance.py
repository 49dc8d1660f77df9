"""The figures of performance queries equal the summary of the log, and the ratios equal values computed by hand."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from projections.questions.performance import NO_RATIOS, ratios
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


def test_the_ratios_of_the_demo_equal_known_values(reading: Reading) -> None:
    document = (
        "{performance {sharpe sortino} equity(first: 200, direction: ASC) {edges {node {day balance}}}}"
    )
    data = reading.query(document)
    assert data["performance"][0]["sharpe"] == pytest.approx(-5.226, abs=0.001)
    assert data["performance"][0]["sortino"] < data["performance"][0]["sharpe"]


def test_the_ratios_of_three_daily_returns_equal_values_computed_by_hand() -> None:
    """Returns of 2 %, -1 % and 2 %: mean 1 %, sample deviation sqrt(3) %, downside sqrt(1/3) %."""
    found = ratios([0.02, -0.01, 0.02])
    assert found.sharpe == pytest.approx(math.sqrt(365) / math.sqrt(3))
    assert found.sortino == pytest.approx(math.sqrt(365) * math.sqrt(3))


def test_ratios_are_none_for_one_day_equal_returns_or_no_losing_day() -> None:
    assert ratios([]) == ratios([0.05]) == NO_RATIOS
    assert ratios([0.01, 0.01]).sharpe is None
    assert ratios([0.01, 0.02]).sortino is None
