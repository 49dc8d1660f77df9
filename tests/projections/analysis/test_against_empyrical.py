"""The measures of a backtest equal those of empyrical and pandas, which read the events themselves."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import pytest

from adapters.tapes import synthetic_tape
from domain.events import Event
from domain.log import Envelope
from domain.mark import AccountMarked
from domain.order import OrderFilled
from domain.position import PositionClosed, PositionOpened
from domain.ratios import ratios
from infra.cli.backtest_report import figures_of
from infra.run.backtesting import Backtesting
from infra.run.candle_recording import candle_recording
from projections.analysis.analysis import Analysis, annual_return
from projections.analysis.drawdowns import deepest
from projections.analysis.measures import MEASURES
from projections.reports.figures import linked
from tests.journeys.runs import EAGER, SYMBOLS, plan

# Neither has types that a strict check accepts.
empyrical: Any = import_module("empyrical")
pd: Any = import_module("pandas")

_BEGUN = datetime(2025, 1, 1, tzinfo=UTC)
_OPENING = 10_000
_SWINGS = [0.01 * math.sin(day * day) for day in range(200)]
_OF_DAYS = {"annualization": 365}


class Traded(NamedTuple):
    """A backtest of a month of one symbol: its analysis and its events."""

    analysis: Analysis
    envelopes: Sequence[Envelope]

    def events(self, kind: type[Event]) -> list[Any]:
        return [one.event for one in self.envelopes if isinstance(one.event, kind)]


@pytest.fixture(scope="module")
def traded() -> Traded:
    planned = plan(synthetic_tape(4, SYMBOLS[:1], candles=9_000), EAGER)
    with closing(Backtesting(candle_recording(planned))) as made:
        for _fed in made.steps():
            pass
        return Traded(Analysis(figures_of(made)), [one.envelope for one in made.events()])


def by_day(marks: Sequence[AccountMarked]) -> Any:
    """The last equity of each UTC day, after the opening balance."""
    equity = pd.Series([float(one.equity) for one in marks], pd.DatetimeIndex([one.hour for one in marks]))
    return pd.concat([pd.Series([float(_OPENING)]), equity.resample("1D").last()])


def value(found: Analysis, name: str) -> Any:
    return next(one.of(found) for one in MEASURES if one.name == name)


def test_returns_and_ratios_of_a_backtest_are_those_of_its_marks(traded: Traded) -> None:
    returns = by_day(traded.events(AccountMarked)).pct_change().dropna()
    assert len(returns) == 32
    count = len(returns)
    expected = {
        "total_return": empyrical.cum_returns_final(returns),
        "annual_return": empyrical.annual_return(returns, **_OF_DAYS),
        "sharpe": empyrical.sharpe_ratio(returns, **_OF_DAYS),
        # empyrical divides the downside by n, this program by n - 1, as for Sharpe.
        "sortino": empyrical.sortino_ratio(returns, **_OF_DAYS) * math.sqrt((count - 1) / count),
    }
    for name, one in expected.items():
        assert value(traded.analysis, name) == pytest.approx(one, rel=1e-9), name


def test_the_measures_of_trades_are_those_of_the_closed_positions(traded: Traded) -> None:
    closed = traded.events(PositionClosed)
    net = pd.Series([float(one.net) for one in closed])
    won, lost = net[net > 0], net[net < 0]
    assert len(won) > 5
    assert len(lost) > 5
    expected = {
        "profit_factor": empyrical.omega_ratio(net, annualization=1),
        "expectancy": net.mean(),
        "win_rate": (net > 0).mean(),
        "average_win": won.mean(),
        "average_loss": lost.mean(),
        "trades": net.size,
        "best_trade": net.max(),
        "worst_trade": net.min(),
        "longest_wins": longest(net > 0),
        "longest_losses": longest(net < 0),
    }
    for name, one in expected.items():
        assert float(value(traded.analysis, name)) == pytest.approx(float(one), abs=1e-6), name


def longest(flags: Any) -> int:
    """The most true values one after the other, by pandas."""
    return int(flags.astype(int).groupby((~flags).cumsum()).sum().max())


def test_the_mean_duration_is_that_of_the_times_at_which_positions_opened_and_closed(traded: Traded) -> None:
    opened: dict[str, datetime] = {}
    held: list[float] = []
    for one in traded.envelopes:
        if isinstance(one.event, PositionOpened):
            opened[one.meta.stream] = one.meta.occurred_at
        elif isinstance(one.event, PositionClosed):
            held.append((one.meta.occurred_at - opened[one.meta.stream]).total_seconds())
    found: timedelta = value(traded.analysis, "mean_duration")
    assert found.total_seconds() == pytest.approx(pd.Series(held).mean(), abs=1e-6)


def test_turnover_and_fees_are_those_of_the_fills(traded: Traded) -> None:
    fills = traded.events(OrderFilled)
    notional = sum(one.price * one.quantity for one in fills)
    mean = by_day(traded.events(AccountMarked))[1:].mean()
    # The opening balance is known before the first mark of its day, which replaces it.
    assert float(value(traded.analysis, "turnover")) == pytest.approx(float(notional) / mean, abs=1e-6)
    assert value(traded.analysis, "fees") == sum(one.fee for one in fills)


def test_exposure_is_the_share_of_minutes_in_which_a_position_was_open(traded: Traded) -> None:
    spans: list[tuple[datetime, datetime]] = []
    opened: dict[str, datetime] = {}
    for one in traded.envelopes:
        if isinstance(one.event, PositionOpened):
            opened[one.meta.stream] = one.meta.occurred_at
        elif isinstance(one.event, PositionClosed):
            spans.append((opened.pop(one.meta.stream), one.meta.occurred_at))
    figures = traded.analysis.figures
    spans += [(begin, figures.ended) for begin in opened.values()]
    seconds = pd.date_range(figures.begun, figures.ended, freq="10s", inclusive="left")
    held = pd.Series(data=False, index=seconds)
    for begin, end in spans:
        held[(seconds >= begin) & (seconds < end)] = True
    assert float(value(traded.analysis, "exposure")) == pytest.approx(held.mean(), abs=1e-3)


@cache
def equities() -> Sequence[float]:
    found = [float(_OPENING)]
    for swing in _SWINGS:
        found.append(found[-1] * (1 + swing))
    return found


def points(values: Sequence[float]) -> Iterator[dict[str, Any]]:
    """The rows of an equity curve with a mark each day, and no lower price between two marks."""
    peak = 0.0
    for day, one in enumerate(values):
        peak = max(peak, one)
        row = {"at": _BEGUN + timedelta(days=day), "reason": "MARKED", "equity": Decimal(one)}
        yield {**row, "peak": Decimal(peak), "drawdown": 1 - one / peak}


def test_the_largest_drawdown_and_its_length_are_those_of_the_curve() -> None:
    rows = list(points(equities()))
    found = deepest(rows, rows[-1]["at"])
    assert found is not None
    curve = pd.Series(equities(), [one["at"] for one in rows])
    assert found.fall == pytest.approx(-empyrical.max_drawdown(curve.pct_change().dropna()), rel=1e-9)
    falls = curve / curve.cummax() - 1
    bottom = falls.idxmin()
    peak = curve[:bottom].idxmax()
    higher = curve[bottom:][curve[bottom:] > curve[peak]]
    assert (found.peak, found.bottom) == (peak, bottom)
    assert found.recovered == (None if higher.empty else higher.index[0])
    assert found.length == (found.recovered or rows[-1]["at"]) - peak


def test_a_drawdown_that_is_over_ends_with_the_next_higher_value() -> None:
    rows = list(points([100.0, 120.0, 90.0, 110.0, 121.0, 115.0]))
    found = deepest(rows, rows[-1]["at"])
    assert found is not None
    assert (found.fall, found.peak, found.recovered) == (0.25, rows[1]["at"], rows[4]["at"])
    assert found.length == timedelta(days=3)


def test_a_drawdown_from_a_value_of_before_the_period_has_no_length() -> None:
    rows = list(points([100.0, 120.0, 90.0, 110.0]))
    found = deepest(rows[2:], rows[-1]["at"])
    assert found is not None
    assert (found.fall, found.peak, found.length) == (0.25, None, None)


def test_a_curve_that_only_rises_has_no_drawdown() -> None:
    assert deepest(list(points([100.0, 101.0, 102.0])), _BEGUN) is None
    assert deepest((), _BEGUN) is None


def test_a_withdrawal_is_no_peak_and_no_recovery() -> None:
    rows = list(points([100.0, 80.0, 90.0]))
    moved: dict[str, Any] = {
        **rows[1],
        "at": _BEGUN + timedelta(hours=30),
        "reason": "TRANSFER",
        "peak": Decimal(150),
    }
    last: dict[str, Any] = {**rows[2], "peak": Decimal(150), "drawdown": 0.1}
    rows = [*rows[:2], moved, last]
    found = deepest(rows, rows[-1]["at"])
    assert found is not None
    assert (found.peak, found.recovered, found.length) == (_BEGUN, None, timedelta(days=2))


def test_the_annual_return_and_calmar_are_those_of_empyrical() -> None:
    series = pd.Series(_SWINGS)
    annual = annual_return(_SWINGS)
    assert annual == pytest.approx(empyrical.annual_return(series, **_OF_DAYS), rel=1e-9)
    rows = list(points(equities()))
    found = deepest(rows, rows[-1]["at"])
    assert found is not None
    assert annual is not None
    assert annual / found.fall == pytest.approx(empyrical.calmar_ratio(series, **_OF_DAYS), rel=1e-9)


@pytest.mark.parametrize("days", [29, 30])
def test_annual_figures_begin_with_thirty_days(days: int) -> None:
    returns = _SWINGS[:days]
    has_figures = days == 30
    assert (annual_return(returns) is not None) is has_figures
    assert (ratios(returns).sharpe is not None) is has_figures


def test_a_day_that_lost_everything_leaves_no_annual_return() -> None:
    assert annual_return([*_SWINGS[:40], -1.0]) is None
    assert linked([*_SWINGS[:40], -1.0]) == -1.0
