"""The volume-weighted average price of a session."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domain.indicators.series import FloatArray


class Vwap:
    """The VWAP since the session began, in the unit of the prices: sum of (typical price * volume) / sum of volume.

    The typical price of a bar is (high + low + close) / 3. A bar of another session than the bar before it begins the
    sums anew; a session is any number that is equal for its bars, such as a day's ordinal. The value is None while the
    session has no volume. A stream that begins within a session knows nothing of the bars before.
    Source: S. A. Berkowitz, D. E. Logue and E. A. Noser, "The Total Cost of Transactions on the NYSE" (1988).
    """

    __slots__ = ("_session", "_turnover", "_volume", "bars", "value")

    def __init__(self) -> None:
        self._session: int | None = None
        self._turnover = self._volume = 0.0
        self.bars = 0
        self.value: float | None = None

    def update(self, session: int, high: float, low: float, close: float, volume: float) -> float | None:
        """Takes the next bar; returns the average. `bars` counts the bars of the session so far."""
        if session != self._session:
            self._session = session
            self._turnover = self._volume = 0.0
            self.bars = 0
        self.bars += 1
        self._turnover = turnover = self._turnover + (high + low + close) / 3.0 * volume
        self._volume = traded = self._volume + volume
        self.value = turnover / traded if traded else None
        return self.value


def vwap(
    sessions: NDArray[np.int64], highs: FloatArray, lows: FloatArray, closes: FloatArray, volumes: FloatArray
) -> FloatArray:
    """One pass of `Vwap` over series of shape (n,) each; `sessions` never returns to an earlier session."""
    turnovers = (highs + lows + closes) / 3.0 * volumes
    averages = np.full(len(closes), np.nan)
    starts = [0, *(np.flatnonzero(np.diff(sessions)) + 1).tolist()] if len(sessions) else []
    for start, end in zip(starts, [*starts[1:], len(sessions)], strict=False):
        # A cumulative sum adds in the order of the bars, as the streaming form does.
        turnover, traded = np.cumsum(turnovers[start:end]), np.cumsum(volumes[start:end])
        np.divide(turnover, traded, out=averages[start:end], where=traded != 0.0)
    return averages
