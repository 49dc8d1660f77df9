"""How trading went, as it is answered: against the summary of the log, and against sums made by hand."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from projections.questions.performance import NO_RATIOS, ratios
from projections.summary import Summary
from tests.adapters.graphql.reading import Reading

FIGURES = """account by value trades wins losses winRate profitFactor net gross fees funding grossProfit grossLoss
    averageWin averageLoss largestWin largestLoss maxDrawdown sharpe sortino"""


def test_all_of_it_is_what_the_log_adds_up_to(reading: Reading) -> None:
    summary = Summary()
    for recorded in reading.events():
        summary.fold(recorded.envelope)
    (told,) = reading.ask(f"{{performance {{{FIGURES}}}}}")["performance"]
    assert (told["trades"], told["wins"]) == (summary.trades, summary.wins)
    for name in ("gross", "fees", "funding", "net"):
        assert Decimal(told[name]) == getattr(summary, name)
    assert Decimal(told["winRate"]) == round(Decimal(summary.wins) / summary.trades, 6)
    assert Decimal(told["grossProfit"]) + Decimal(told["grossLoss"]) == summary.net
    factor = Decimal(told["grossProfit"]) / -Decimal(told["grossLoss"])
    assert Decimal(told["profitFactor"]) == round(factor, 6)
    assert Decimal(told["averageWin"]) == round(Decimal(told["grossProfit"]) / told["wins"], 6)
    assert Decimal(told["averageLoss"]) == round(Decimal(told["grossLoss"]) / told["losses"], 6)


@pytest.mark.parametrize("by", ["INSTRUMENT", "STRATEGY", "DAY"])
def test_the_parts_add_up_to_the_whole(reading: Reading, by: str) -> None:
    document = f"{{all: performance {{{FIGURES}}} parts: performance(by: {by}) {{{FIGURES}}}}}"
    told = reading.ask(document)
    (whole,), parts = told["all"], told["parts"]
    assert len({one["value"] for one in parts}) == len(parts) > 0
    assert sum(one["trades"] for one in parts) == whole["trades"]
    for name in ("net", "fees", "grossProfit", "grossLoss"):
        assert sum(Decimal(one[name]) for one in parts) == Decimal(whole[name])
    assert all(one["sharpe"] is None and one["sortino"] is None for one in parts)


def test_the_ratios_are_those_of_the_days(reading: Reading) -> None:
    document = (
        "{performance {sharpe sortino} equity(first: 200, direction: ASC) {edges {node {day balance}}}}"
    )
    told = reading.ask(document)
    assert told["performance"][0]["sharpe"] == pytest.approx(-5.226, abs=0.001)
    assert told["performance"][0]["sortino"] < told["performance"][0]["sharpe"]


def test_ratios_by_hand() -> None:
    """Returns of 2 %, -1 % and 2 %: mean 1 %, sample deviation sqrt(3) %, downside sqrt(1/3) %."""
    found = ratios([0.02, -0.01, 0.02])
    assert found.sharpe == pytest.approx(math.sqrt(365) / math.sqrt(3))
    assert found.sortino == pytest.approx(math.sqrt(365) * math.sqrt(3))


def test_one_day_says_nothing_and_neither_do_equal_or_winning_ones() -> None:
    assert ratios([]) == ratios([0.05]) == NO_RATIOS
    assert ratios([0.01, 0.01]).sharpe is None
    assert ratios([0.01, 0.02]).sortino is None
