"""The list of trades names each trade's strategy where there are several."""

from __future__ import annotations

from infra.cli.trade_list import trade_table
from tests.projections.test_trades import trade
from tests.replacing import replace


def columns(*owners: str) -> list[object]:
    return [
        one.header for one in trade_table([replace(trade(0, 1), opened_by=name) for name in owners]).columns
    ]


def test_the_list_of_several_strategies_has_a_column_for_them() -> None:
    assert columns("trend", "grid")[0] == "strategy"


def test_the_list_of_one_strategy_has_no_column_for_it() -> None:
    assert "strategy" not in columns("trend", "trend")
