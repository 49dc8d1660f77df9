"""The trades of a run: their sums by group equal the sums over the log, and the time in positions counts once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from adapters.tapes import synthetic_tape
from domain.direction import Direction
from domain.position import PositionClosed
from domain.settings import RiskSettings, Settings, StrategySettings
from infra.run.plan import plan_of
from projections.trades import Trade, Trades
from tests.commands.list_log import ListLog
from tests.journeys.runs import play

D = Decimal
START = datetime(2025, 1, 1, tzinfo=UTC)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def trade(opened: float, closed: float | None) -> Trade:
    return Trade(
        instrument="BTCUSDT-LINEAR.BYBIT",
        direction=Direction.LONG,
        opened_by="trend",
        chain="c",
        opened_at=at(opened),
        quantity=D(1),
        cost=D(100),
        closed_at=None if closed is None else at(closed),
    )


@pytest.fixture(scope="module")
def played() -> tuple[Trades, list[PositionClosed]]:
    """The trades of two instances on two instruments, and the log's closed positions."""
    instances = (
        StrategySettings("trend"),
        StrategySettings(id="quick", strategy="trend", parameters={"fast": "5"}),
    )
    settings = Settings(strategies=instances, risk=RiskSettings(cooldown_seconds=0, minimum_win_rate=D(0)))
    tapes = synthetic_tape(4, ["BTCUSDT", "ETHUSDT"], candles=1_500)
    trades = Trades()
    events = play(plan_of(tapes, "paper", D(10_000), D(1), settings), ListLog())
    for envelope in events:
        trades.fold(envelope)
    return trades, [one.event for one in events if isinstance(one.event, PositionClosed)]


@pytest.mark.parametrize("key", ["instrument", "opened_by"])
def test_the_groups_add_up_to_the_closed_positions_of_the_log(
    played: tuple[Trades, list[PositionClosed]], key: str
) -> None:
    trades, closed = played
    groups = trades.groups(lambda one: str(getattr(one, key)))
    assert len(groups) == 2
    assert sum(one.trades for one in groups) == len(closed)
    assert sum(one.net for one in groups) == sum(one.net for one in closed)
    assert sum(one.fees for one in groups) == sum(one.fees for one in closed)
    assert sum(one.wins for one in groups) == sum(one.net > 0 for one in closed)


def test_the_points_begin_with_the_opening_and_end_with_the_balance(
    played: tuple[Trades, list[PositionClosed]],
) -> None:
    trades, closed = played
    assert trades.points[0][1] == 10_000
    assert trades.points == sorted(trades.points, key=lambda point: point[0])
    if not trades.held:
        assert trades.points[-1][1] == 10_000 + sum(one.net for one in closed)


@pytest.mark.parametrize(
    ("spans", "share"),
    [
        ([], D(0)),
        ([(0, 10)], D(1)),
        ([(0, 2), (1, 3)], D("0.3")),
        ([(0, 4), (1, 2)], D("0.4")),
        ([(8, None)], D("0.2")),
        ([(0, 1), (5, 6), (5.5, 7)], D("0.3")),
    ],
)
def test_exposure_counts_each_hour_with_an_open_position_once(
    spans: list[tuple[float, float | None]], share: Decimal
) -> None:
    trades = Trades(trades=[trade(*span) for span in spans])
    assert round(trades.exposure(at(0), at(10)), 9) == share


def test_the_mean_duration_is_that_of_the_closed_trades() -> None:
    assert Trades().mean_duration() is None
    trades = Trades(trades=[trade(0, 1), trade(0, 4), trade(2, None)])
    assert trades.mean_duration() == timedelta(hours=2.5)
