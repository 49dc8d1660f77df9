"""The parameters of scalping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from domain.strategies.parameters import Rule, periods, refuse_faults


@dataclass(frozen=True, slots=True)
class ScalpingParameters:
    """Periods, `session_bars` and `pullback_bars` in bars; RSI levels on its scale of 0..100; distances in ATRs.

    `session_bars` is the first bar of a session at which an entry is possible, `pullback_bars` how many bars, the
    judged one included, may have come back to the VWAP, and `pullback_atrs` how near. Raises InvalidSettings, naming
    every field that is out of range.
    """

    fast: int = 9
    slow: int = 21
    rsi: int = 14
    rsi_overbought: float = 70.0
    rsi_oversold: float = 30.0
    atr: int = 14
    session_bars: int = 12
    pullback_bars: int = 3
    pullback_atrs: float = 0.25
    stop_atrs: float = 1.0
    target_atrs: float = 2.0
    meanings: ClassVar[Mapping[str, str]] = {
        "fast": "period of the fast EMA of the closes, in bars",
        "slow": "period of the slow EMA of the closes, in bars",
        "rsi": "period of the RSI, in bars",
        "rsi_overbought": "a long is no ENTER at this RSI or above, 0..100",
        "rsi_oversold": "a short is no ENTER at this RSI or below, 0..100",
        "atr": "period of the ATR, in bars",
        "session_bars": "the first bar of a UTC day at which an ENTER is possible",
        "pullback_bars": "how many bars, the judged one included, may have come back to the VWAP",
        "pullback_atrs": "how near to the VWAP a bar must have come, in ATRs",
        "stop_atrs": "distance of the stop from the close, in ATRs",
        "target_atrs": "distance of the target from the close, in ATRs",
    }
    """What each parameter is, in words, with its unit."""

    def __post_init__(self) -> None:
        refuse_faults("scalping", self, self.rules())

    def rules(self) -> Iterator[Rule]:
        """For each parameter its name, what it must be, and whether it is."""
        yield from periods(self, "fast", "slow", "rsi", "atr")
        for name in ("fast", "rsi", "atr"):
            yield name, "at least 2 bars", getattr(self, name) >= 2
        yield "slow", f"more bars than fast ({self.fast})", self.slow > self.fast
        yield "rsi_overbought", "above 50 and at most 100", 50.0 < self.rsi_overbought <= 100.0
        yield "rsi_oversold", "at least 0 and below 50", 0.0 <= self.rsi_oversold < 50.0
        yield "session_bars", "from 1 to 1440", 1 <= self.session_bars <= 1440
        yield "pullback_bars", "from 1 to 100", 1 <= self.pullback_bars <= 100
        yield "pullback_atrs", "from 0 to 100", 0.0 <= self.pullback_atrs <= 100.0
        yield "stop_atrs", "above 0 and at most 100", 0.0 < self.stop_atrs <= 100.0
        yield "target_atrs", "above 0 and at most 100", 0.0 < self.target_atrs <= 100.0
