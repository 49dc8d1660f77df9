"""For each built-in strategy, parameters with which a short tape has many proposals.

A strategy adds a row, and every test of `test_history.py` holds for it; of one on books, of `test_book_history.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from domain.direction import Direction
from domain.strategies import BookWatcher, Strategy
from domain.strategies.book_imbalance import BookImbalance
from domain.strategies.book_imbalance_parameters import BookImbalanceParameters
from domain.strategies.book_scalper import BookScalper
from domain.strategies.book_scalper_parameters import BookScalperParameters
from domain.strategies.breakout import Breakout
from domain.strategies.breakout_parameters import BreakoutParameters
from domain.strategies.builtin import BUILTIN
from domain.strategies.cluster_breakout import ClusterBreakout
from domain.strategies.cluster_breakout_parameters import ClusterBreakoutParameters
from domain.strategies.explosion import ExplosionTrading
from domain.strategies.explosion_parameters import ExplosionParameters
from domain.strategies.grid import GridTrading
from domain.strategies.grid_parameters import GridParameters
from domain.strategies.mean_reversion import MeanReversion
from domain.strategies.mean_reversion_parameters import MeanReversionParameters
from domain.strategies.momentum import MomentumTrading
from domain.strategies.momentum_parameters import MomentumParameters
from domain.strategies.sar_wave import SarWave
from domain.strategies.sar_wave_parameters import SarWaveParameters
from domain.strategies.scalping import Scalping
from domain.strategies.scalping_parameters import ScalpingParameters
from domain.strategies.supertrend import SupertrendFollowing
from domain.strategies.supertrend_parameters import SupertrendParameters
from domain.strategies.trend import TrendFollowing
from domain.strategies.trend_parameters import TrendParameters
from domain.strategies.volume_profile import VolumeProfileTrading
from domain.strategies.volume_profile_parameters import VolumeProfileParameters


def _row(
    kind: Callable[[Any], Strategy], parameters: type[Any], **drawn: st.SearchStrategy[Any]
) -> st.SearchStrategy[Strategy]:
    return st.builds(parameters, **drawn).map(kind)


_PACE = {
    "volatility": st.sampled_from([0.5, 10.0]),
    "readings": st.integers(1, 3),
    "cooldown": st.sampled_from([0.0, 1.0, 30.0]),
    "strong": st.floats(1.1, 4.0),
    "behind": st.floats(0.1, 20.0),
    "stop_least": st.floats(0.01, 0.5),
    "stop_most": st.floats(0.6, 100.0),
    "reward": st.floats(0.5, 3.0),
    "least_reward": st.floats(0.1, 0.5),
}

NIMBLE: Mapping[str, st.SearchStrategy[Strategy]] = {
    "book-imbalance": _row(
        BookImbalance,
        BookImbalanceParameters,
        **_PACE,
        depth=st.sampled_from([1, 5, 20]),
        imbalance=st.floats(0.0, 0.5),
        flow=st.floats(0.1, 0.5),
        lean=st.floats(0.0, 0.2),
    ),
    "book-scalper": _row(
        BookScalper,
        BookScalperParameters,
        **_PACE,
        depth=st.sampled_from([1, 5, 20]),
        imbalance=st.floats(0.0, 0.5),
        absorption=st.floats(0.1, 1.0),
        delta=st.floats(0.0, 0.3),
        confirmed=st.integers(0, 1),
    ),
    "cluster-breakout": _row(
        ClusterBreakout,
        ClusterBreakoutParameters,
        **_PACE,
        share=st.floats(0.0, 0.2),
        width=st.floats(1.0, 100.0),
        beyond=st.floats(0.0, 0.2),
        delta=st.floats(0.01, 0.2),
        volume=st.floats(0.1, 1.0),
    ),
    "breakout": _row(
        Breakout,
        BreakoutParameters,
        strength=st.integers(1, 3),
        volume=st.floats(0.0, 2.0),
        threshold=st.sampled_from([0.0, 0.0005]),
        lookback=st.integers(10, 40),
        swing_bars=st.integers(2, 4),
        tolerance=st.sampled_from([0.0, 0.002, 0.01]),
        volume_bars=st.integers(1, 12),
        atr=st.integers(2, 12),
        trend=st.integers(2, 12),
        stop_atrs=st.floats(0.0, 5.0),
    ),
    "explosion": _row(
        ExplosionTrading,
        ExplosionParameters,
        atr=st.integers(2, 6),
        range_atrs=st.floats(0.5, 2.0),
        move=st.sampled_from([0.0005, 0.01]),
        volume_times=st.floats(0.1, 2.0),
        average_bars=st.integers(1, 8),
        location=st.floats(0.5, 0.9),
        cooldown=st.integers(1, 4),
    ),
    "grid": _row(
        GridTrading,
        GridParameters,
        levels=st.integers(1, 10),
        spacing=st.sampled_from([0.001, 0.01, 0.05]),
        geometric=st.integers(0, 1),
        short=st.integers(0, 1),
        stop_spacings=st.floats(0.1, 5.0),
        bound_spacings=st.floats(0.1, 5.0),
        floor=st.sampled_from([0.0, 90.0]),
        ceiling=st.sampled_from([0.0, 110.0]),
        efficiency=st.integers(2, 12),
        efficiency_maximum=st.floats(0.2, 1.0),
    ),
    "mean-reversion": _row(
        MeanReversion,
        MeanReversionParameters,
        period=st.integers(4, 12),
        deviations=st.floats(0.5, 1.2),
        z_score=st.floats(1.2, 1.6),
        minimum_volatility=st.sampled_from([0.0, 0.002, 0.01]),
        trend=st.integers(2, 12),
        stop_deviations=st.floats(0.1, 5.0),
    ),
    "momentum": _row(
        MomentumTrading,
        MomentumParameters,
        window=st.integers(1, 4),
        move=st.sampled_from([0.001, 0.02]),
        volume_times=st.floats(0.1, 2.0),
        average_bars=st.integers(1, 10),
        gain=st.floats(0.0, 0.01),
        gain_hours=st.integers(1, 3),
        cooldown=st.integers(1, 6),
    ),
    "sar-wave": _row(
        SarWave,
        SarWaveParameters,
        sar_start=st.floats(0.01, 0.1),
        sar_maximum=st.floats(0.1, 0.3),
        adx=st.integers(2, 6),
        efficiency=st.integers(2, 6),
        flat_minimum=st.floats(0.0, 0.5),
        swing_bars=st.integers(2, 3),
        tolerance=st.floats(0.1, 0.5),
        wave_minimum=st.floats(0.5, 0.7),
        reward_to_risk=st.floats(0.1, 1.0),
    ),
    "scalping": _row(
        Scalping,
        ScalpingParameters,
        fast=st.integers(2, 4),
        slow=st.integers(5, 7),
        rsi=st.integers(2, 5),
        atr=st.integers(2, 6),
        session_bars=st.integers(1, 10),
        pullback_bars=st.integers(1, 5),
        pullback_atrs=st.floats(0.0, 5.0),
    ),
    "supertrend": _row(
        SupertrendFollowing,
        SupertrendParameters,
        period=st.integers(2, 10),
        multiplier=st.floats(0.1, 3.0),
        trend=st.integers(2, 12),
        reward=st.floats(0.1, 10.0),
    ),
    "trend": _row(
        TrendFollowing,
        TrendParameters,
        fast=st.integers(2, 4),
        slow=st.integers(5, 7),
        trend=st.integers(8, 12),
        rsi=st.integers(2, 5),
        rsi_overbought=st.floats(51.0, 100.0),
        adx=st.integers(2, 8),
        adx_minimum=st.floats(0.0, 40.0),
        atr=st.integers(2, 15),
        stop_atrs=st.floats(0.1, 50.0),
    ),
    "volume-profile": _row(
        VolumeProfileTrading,
        VolumeProfileParameters,
        bars=st.integers(2, 30),
        value_area=st.floats(0.1, 0.99),
        rows=st.sampled_from([64, 300, 1024]),
        acceptance=st.integers(1, 3),
        pierce_atrs=st.floats(0.0, 1.0),
        stop_atrs=st.floats(0.0, 3.0),
        atr=st.integers(2, 12),
        trend=st.integers(2, 12),
    ),
}
"""By the name of the strategy."""

EAGER: Mapping[str, Mapping[str, float]] = {
    "explosion": {"atr": 5, "range_atrs": 1.2, "move": 0.001, "volume_times": 0.5, "average_bars": 5},
    "momentum": {"window": 3, "move": 0.01, "volume_times": 0.5, "average_bars": 10, "gain_hours": 2},
    "sar-wave": {"adx": 5, "efficiency": 5, "swing_bars": 2, "tolerance": 0.3, "wave_minimum": 0.5},
    "scalping": {"fast": 3, "slow": 6, "rsi": 5, "rsi_overbought": 95, "rsi_oversold": 5, "pullback_atrs": 2},
    "breakout": {"strength": 2, "swing_bars": 2, "threshold": 0.0, "tolerance": 0.005, "trend": 8, "atr": 3},
    "grid": {"efficiency": 8, "efficiency_maximum": 0.5},
    "mean-reversion": {"period": 8, "deviations": 1.2, "z_score": 1.5, "minimum_volatility": 0.0, "trend": 8},
    "supertrend": {"period": 3, "multiplier": 1.0, "trend": 8},
    "trend": {"fast": 2, "slow": 5, "trend": 8, "rsi": 2, "adx": 2, "atr": 2},
    "volume-profile": {"bars": 20, "atr": 3, "trend": 8},
}
"""Parameters with which a random walk of 1,000 candles has entries."""

ON_BOOKS = frozenset(name for name, made in BUILTIN.items() if isinstance(made({}).watch(), BookWatcher))
"""The strategies that read order books and propose nothing at candles."""
ON_CANDLES = tuple(name for name in BUILTIN if name not in ON_BOOKS)

ONE_WAY: Mapping[str, Direction] = {"grid": Direction.LONG}
"""The strategies whose parameters decide the direction of their entries, with the direction of the defaults."""
