"""Equity, drawdown and ratios include open positions, and do not depend on the interval of the candles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from domain.account import BalanceChanged
from domain.arithmetic import EXACT
from domain.position import PositionClosed, PositionOpened
from tests.cases.tapes import SETTINGS, Played, Prices, flat, plan, play, write

ENTER = "2 * LONG ENTER 95 110"
D = Decimal


def run(folder: Path, candles: list[Prices], say: str = ENTER) -> Played:
    return play(plan([write(folder / "ETHUSDT_5m.csv", candles)], say))


def test_a_tape_that_ends_with_an_open_position_shows_its_fee_and_its_unrealised_profit(
    tmp_path: Path,
) -> None:
    played = run(tmp_path, [*[flat(100)] * 4, flat(104), flat(104)])
    (opened,), summary = played.of(PositionOpened), played.summary
    assert (summary.trades, summary.still_open, summary.net) == (0, 1, D(0))
    assert summary.open_fees == opened.fee > 0
    assert summary.unrealised == 4 * opened.quantity
    assert summary.balance == 10_000 - opened.fee
    assert summary.equity == 10_000 - opened.fee + 4 * opened.quantity


LEVERED = f"""
{SETTINGS}
[sizing]
rule = "FIXED"
quantity = "30"
[risk]
max_risk_per_trade = "0.5"
max_total_risk = "0.5"
"""


def test_the_largest_drawdown_includes_the_loss_of_a_position_that_later_reached_its_target(
    tmp_path: Path,
) -> None:
    """Long 30 at 100, down to 78: 30 x 22 of 10,000, and the fee of the entry."""
    candles = [
        *[flat(100)] * 4,
        (100.0, 100.0, 80.0, 80.0),
        (80.0, 80.0, 78.0, 79.0),
        (79.0, 112.0, 79.0, 111.0),
    ]
    file = write(tmp_path / "ETHUSDT_5m.csv", [*candles, flat(111)])
    played = play(plan([file], "2 * LONG ENTER 70 110", LEVERED, leverage=3))
    (opened,), (closed,) = played.of(PositionOpened), played.of(PositionClosed)
    assert closed.net > 0
    assert played.summary.max_drawdown == (30 * 22 + opened.fee) / 10_000
    assert round(played.summary.max_drawdown, 3) == D("0.066")


@pytest.mark.parametrize(
    ("candle", "price"),
    [
        pytest.param((90.0, 111.0, 89.0, 105.0), 90, id="an open beyond the stop"),
        pytest.param((100.2, 111.0, 94.0, 100.0), 95, id="stop and target in one candle"),
    ],
)
def test_a_candle_that_reaches_stop_and_target_is_a_loss(tmp_path: Path, candle: Prices, price: int) -> None:
    played = run(tmp_path, [*[flat(100)] * 3, (100.0, 100.5, 99.8, 100.2), candle, flat(candle[3])])
    (opened,), (closed,) = played.of(PositionOpened), played.of(PositionClosed)
    assert (closed.reason, closed.price) == ("STOP", price)
    summary = played.summary
    assert summary.equity == summary.balance == 10_000 + closed.net
    peak = 10_000 - opened.fee + D("0.2") * opened.quantity
    assert summary.max_drawdown == EXACT.divide(peak - summary.balance, peak)


TRADED = f"""
{SETTINGS}
[risk]
cooldown_seconds = 0
max_daily_loss = "0.5"
max_risk_per_trade = "0.5"
max_total_risk = "1"
minimum_win_rate = 0
[tiers]
normal_confidence = 0
strict_confidence = 0
relaxed_confidence = 0
"""
MONDAY = datetime(2023, 1, 2, tzinfo=UTC)
TO_106, TO_94 = (100.0, 106.0, 100.0, 100.0), (100.0, 100.0, 94.0, 100.0)
WEEKS = {3: TO_106, 6: TO_94, 9: TO_106, 12: TO_106, 15: TO_94, 18: TO_106}
"""The weeks, counted from 0, in which a price of 106 or 94 is traded: a target or a stop."""


def weekly(folder: Path) -> Played:
    file = write(
        folder / "ETHUSDT_1w.csv", [WEEKS.get(n, flat(100)) for n in range(21)], timedelta(days=7), MONDAY
    )
    say = "; ".join(f"{n} * LONG ENTER 95 105" for n in range(1, 20, 3))
    return play(plan([file], say, TRADED))


def daily(folder: Path) -> Played:
    """The same prices on the last day of each week."""
    candles = [WEEKS.get(n // 7, flat(100)) if n % 7 == 6 else flat(100) for n in range(147)]
    file = write(folder / "ETHUSDT_1d.csv", candles, timedelta(days=1), MONDAY)
    say = "; ".join(f"{7 * n + 6} * LONG ENTER 95 105" for n in range(1, 20, 3))
    return play(plan([file], say, TRADED))


def test_the_same_trades_on_weekly_and_on_daily_candles_have_the_same_ratios(tmp_path: Path) -> None:
    by_week, by_day = weekly(tmp_path), daily(tmp_path)
    assert by_week.of(BalanceChanged) == by_day.of(BalanceChanged)
    assert by_week.summary.trades == 6
    sharpe, sortino = by_week.summary.ratios.sharpe, by_week.summary.ratios.sortino
    assert sharpe is not None
    assert sortino is not None
    assert by_day.summary.ratios.sharpe == pytest.approx(sharpe, rel=1e-12)
    assert by_day.summary.ratios.sortino == pytest.approx(sortino, rel=1e-12)
    assert 0 < sharpe < 3


def test_a_tape_of_fewer_than_thirty_days_has_no_ratios(tmp_path: Path) -> None:
    candles = [WEEKS.get(n // 7, flat(100)) if n % 7 == 6 else flat(100) for n in range(29)]
    file = write(tmp_path / "ETHUSDT_1d.csv", candles, timedelta(days=1), MONDAY)
    played = play(plan([file], "13 * LONG ENTER 95 105", TRADED))
    assert played.summary.trades == 1
    assert played.summary.figures()["sharpe"] is None
