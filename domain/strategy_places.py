"""Where each built-in strategy is, by its name in the settings.

Beside the package `domain.strategies`, because shells complete these names and the package imports too much for a TAB.
"""

from __future__ import annotations

from collections.abc import Mapping

STRATEGY_PLACES: Mapping[str, str] = {
    "book-imbalance": "domain.strategies.book_imbalance:BookImbalance",
    "book-scalper": "domain.strategies.book_scalper:BookScalper",
    "breakout": "domain.strategies.breakout:Breakout",
    "cluster-breakout": "domain.strategies.cluster_breakout:ClusterBreakout",
    "explosion": "domain.strategies.explosion:ExplosionTrading",
    "grid": "domain.strategies.grid:GridTrading",
    "mean-reversion": "domain.strategies.mean_reversion:MeanReversion",
    "momentum": "domain.strategies.momentum:MomentumTrading",
    "sar-wave": "domain.strategies.sar_wave:SarWave",
    "scalping": "domain.strategies.scalping:Scalping",
    "supertrend": "domain.strategies.supertrend:SupertrendFollowing",
    "trend": "domain.strategies.trend:TrendFollowing",
    "volume-profile": "domain.strategies.volume_profile:VolumeProfileTrading",
}
"""`module:class`; the class has `from_parameters` and `about`."""
