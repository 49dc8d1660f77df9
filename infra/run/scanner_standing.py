"""How a scanner is: how many candles it has not read, and whether its loop turns."""

from __future__ import annotations

from adapters.metrics.scanner import ScannerMetrics
from infra.run.announcing import Loop, Standing


class ScannerStanding:
    """The standing of a process of a scanner; `behind` counts the candles of its partitions."""

    def __init__(self, metrics: ScannerMetrics, loop: Loop) -> None:
        self._metrics, self._loop = metrics, loop

    def __call__(self) -> Standing:
        """The standing now."""
        return Standing(behind=self._metrics.lag, fault=self._loop.fault)
