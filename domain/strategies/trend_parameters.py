"""The parameters of trend following."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from domain.strategies.parameters import Rule, periods, refuse_faults


@dataclass(frozen=True, slots=True)
class TrendParameters:
    """Periods in bars, RSI and ADX levels on their own scale of 0..100, distances of stop and target in ATRs.

    Raises InvalidSettings, naming every field that is out of range.
    """

    fast: int = 20
    slow: int = 50
    trend: int = 200
    rsi: int = 14
    rsi_overbought: float = 70.0
    rsi_oversold: float = 30.0
    adx: int = 14
    adx_minimum: float = 20.0
    atr: int = 14
    stop_atrs: float = 2.0
    target_atrs: float = 4.0
    meanings: ClassVar[Mapping[str, str]] = {
        "fast": "period of the fast EMA of the closes, in bars",
        "slow": "period of the slow EMA of the closes, in bars",
        "trend": "period of the long EMA, by which the longer trend is judged, in bars",
        "rsi": "period of the RSI, in bars",
        "rsi_overbought": "a long is no ENTER at this RSI or above, 0..100",
        "rsi_oversold": "a short is no ENTER at this RSI or below, 0..100",
        "adx": "period of ADX, +DI and -DI, in bars",
        "adx_minimum": "the least ADX of an ENTER, 0..100",
        "atr": "period of the ATR, in bars",
        "stop_atrs": "distance of the stop from the close, in ATRs",
        "target_atrs": "distance of the target from the close, in ATRs",
    }
    """What each parameter is, in words, with its unit."""

    def __post_init__(self) -> None:
        refuse_faults("trend", self, self.rules())

    def rules(self) -> Iterator[Rule]:
        """For each parameter its name, what it must be, and whether it is."""
        yield from periods(self, "fast", "slow", "trend", "rsi", "adx", "atr")
        for name in ("fast", "rsi", "adx", "atr"):
            yield name, "at least 2 bars", getattr(self, name) >= 2
        yield "slow", f"more bars than fast ({self.fast})", self.slow > self.fast
        yield "trend", f"more bars than slow ({self.slow})", self.trend > self.slow
        yield "rsi_overbought", "above 50 and at most 100", 50.0 < self.rsi_overbought <= 100.0
        yield "rsi_oversold", "at least 0 and below 50", 0.0 <= self.rsi_oversold < 50.0
        yield "adx_minimum", "from 0 to 100", 0.0 <= self.adx_minimum <= 100.0
        yield "stop_atrs", "above 0 and at most 100", 0.0 < self.stop_atrs <= 100.0
        yield "target_atrs", "above 0 and at most 100", 0.0 < self.target_atrs <= 100.0
