"""The figures of `whence report` are those that GraphQL answers with for the same log."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest

from infra.config import WhenceSettings
from infra.dead_letters import FoundLetters
from infra.logs import open_reader
from infra.reports.report import Request, made
from projections.reports.period import Period
from tests.adapters.graphql.reading import Reading

SUMS = {
    "net": "net",
    "gross": "gross",
    "fees": "fees",
    "funding": "funding",
    "largest_win": "largestWin",
    "largest_loss": "largestLoss",
    "max_drawdown": "maxDrawdown",
    "win_rate": "winRate",
    "profit_factor": "profitFactor",
}


@pytest.fixture(scope="module")
def report(demo_log: str) -> dict[str, Any]:
    settings = WhenceSettings(log=demo_log)
    with closing(open_reader(settings)) as log, closing(FoundLetters(settings)) as letters:
        return made(log, Request(Period()), letters(), None, None).as_json()


@pytest.mark.parametrize("by", ["ALL", "INSTRUMENT", "STRATEGY", "DAY"])
def test_the_performance_of_a_report_equals_graphqls(
    reading: Reading, report: dict[str, Any], by: str
) -> None:
    answered = reading.query(
        f"{{performance(by: {by}) {{value trades wins losses {' '.join(SUMS.values())}}}}}"
    )
    groups = report["performance"][by.lower()]
    assert list(groups) == [one["value"] for one in answered["performance"]]
    for one in answered["performance"]:
        found = groups[one["value"]]
        for name in ("trades", "wins", "losses"):
            assert found[name] == one[name]
        for own, theirs in SUMS.items():
            assert _amount(found[own]) == _amount(one[theirs]), (one["value"], own)


def test_balance_equity_and_drawdown_of_a_report_equal_graphqls(
    reading: Reading, report: dict[str, Any]
) -> None:
    (account,) = reading.query("{accounts {balance equity unrealised maxDrawdown startingBalance}}")[
        "accounts"
    ]
    assert Decimal(report["statement"]["closing"]) == Decimal(account["balance"])
    assert Decimal(report["statement"]["starting"]) == Decimal(account["startingBalance"])
    assert Decimal(report["equity"]["closing"]) == Decimal(account["equity"])
    assert Decimal(report["unrealised"]["closing"]) == Decimal(account["unrealised"])
    assert report["max_drawdown"] == account["maxDrawdown"]


def test_curve_ratios_and_skipped_signals_of_a_report_equal_graphqls(
    reading: Reading, report: dict[str, Any]
) -> None:
    answered = reading.query(
        """{performance {sharpe sortino} equity(first: 100) {edges {node {at balance equity drawdown ordinal}}}
        decisions(first: 1, where: {verdict: SKIP}) {totalCount}}"""
    )
    assert (report["sharpe"], report["sortino"]) == tuple(answered["performance"][0].values())
    points = {one["ordinal"]: one for one in report["curve"]}
    nodes = [edge["node"] for edge in answered["equity"]["edges"]]
    assert len(nodes) > 50
    for node in nodes:
        found = points[int(node["ordinal"])]
        assert _amount(found["balance"]) == _amount(node["balance"])
        assert (_amount(found["equity"]), found["drawdown"]) == (_amount(node["equity"]), node["drawdown"])
    assert report["decisions"]["SKIP"] == answered["decisions"]["totalCount"]


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
