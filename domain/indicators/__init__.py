"""Technical indicators, each in two forms that agree to the last bit.

The streaming form (`Ema`, `Rsi`, …) takes one bar at a time. `update` returns the new value, or None before enough bars
were seen; the attribute `value` holds the last result. The one-pass form (`ema`, `rsi`, …) takes whole float64 arrays,
oldest first, and returns arrays of the same length, with nan where the streaming form returns None. Both forms do the
same floating-point operations in the same order, so their results agree bit for bit: recursions run over Python floats,
and only operations without state are vectorised.

Unless an indicator names another source, definitions are those of J. Welles Wilder, "New Concepts in Technical Trading
Systems" (1978), seeded as TA-Lib seeds them with its unstable period at 0. Inputs are finite floats. The caller refuses
a nan, which would make every later value nan. A period below 2 raises ValueError.
"""

from __future__ import annotations

from domain.indicators.adx import Adx, DirectionalSeries, adx
from domain.indicators.atr import Atr, atr
from domain.indicators.bollinger import Bollinger, BollingerSeries, bollinger
from domain.indicators.correlation import correlation
from domain.indicators.cross import Cross, crosses
from domain.indicators.efficiency import EfficiencyRatio, efficiency_ratio
from domain.indicators.ema import Ema, ema
from domain.indicators.pivots import Pivots, classic_pivots
from domain.indicators.rsi import Rsi, rsi
from domain.indicators.sar import Sar, SarSeries, sar
from domain.indicators.series import FloatArray
from domain.indicators.supertrend import Supertrend, SupertrendSeries, supertrend
from domain.indicators.swings import Extreme, Swing, Swings, swings
from domain.indicators.volume_profile import ValueArea, VolumeProfile
from domain.indicators.vwap import Vwap, vwap
from domain.indicators.wilder import WilderMean, wilder_mean

__all__ = [
    "Adx",
    "Atr",
    "Bollinger",
    "BollingerSeries",
    "Cross",
    "DirectionalSeries",
    "EfficiencyRatio",
    "Ema",
    "Extreme",
    "FloatArray",
    "Pivots",
    "Rsi",
    "Sar",
    "SarSeries",
    "Supertrend",
    "SupertrendSeries",
    "Swing",
    "Swings",
    "ValueArea",
    "VolumeProfile",
    "Vwap",
    "WilderMean",
    "adx",
    "atr",
    "bollinger",
    "classic_pivots",
    "correlation",
    "crosses",
    "efficiency_ratio",
    "ema",
    "rsi",
    "sar",
    "supertrend",
    "swings",
    "vwap",
    "wilder_mean",
]
