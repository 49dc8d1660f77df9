"""The table of what strategies make has the figures of the run that `whence paper` makes."""

from __future__ import annotations

from decimal import Decimal

from adapters.tapes import synthetic_tape
from domain.position import PositionClosed
from domain.settings import Settings
from domain.signal import SignalDetected
from domain.sizing.settings import SizingRule
from infra.run.plan import plan_of
from infra.trading import on_tapes
from tests.benchmarks.sizing_results import rules
from tests.benchmarks.strategy_results import BALANCE, LEVERAGE, USED, Result, result_of, row, usual
from tests.commands.list_log import ListLog
from tests.journeys.runs import play

TAPES = synthetic_tape(4, ["BTCUSDT"], candles=1500)


def test_a_result_has_the_signals_trades_fees_and_net_of_the_same_run_on_paper() -> None:
    strategy = usual("volume-profile")
    found = result_of(TAPES, [strategy])
    settings = on_tapes(Settings(strategies=(strategy,)))
    events = [one.event for one in play(plan_of(TAPES, "paper", BALANCE, LEVERAGE, settings), ListLog())]
    closed = [one for one in events if isinstance(one, PositionClosed)]
    assert found.signals == sum(isinstance(one, SignalDetected) for one in events) > 0
    assert found.trades == len(closed) > 0
    assert (found.fees, found.net) == (sum(one.fees for one in closed), sum(one.net for one in closed))


def test_a_strategy_trades_with_the_limits_that_its_description_states() -> None:
    assert usual("mean-reversion").minimum_trend == -1.0
    assert usual("trend").minimum_trend is None


def test_the_table_of_sizing_rules_has_a_row_for_each_rule_on_each_tape() -> None:
    for market in USED:
        assert {one.rule for one in rules(market.name).values()} == set(SizingRule)


def test_a_figure_that_is_not_defined_is_an_empty_cell() -> None:
    found = Result(3, 1, Decimal(1), None, 0.0123, Decimal("53.4"), Decimal("6.1"))
    assert row("BTC", "momentum", found) == "| BTC | momentum | 3 | 1 | 100% |  | 1.2% | 6 | 53 |"
