"""`whence scan` in a process that kills itself (SIGKILL): `python -m tests.journeys.dying_scanner NAME --log LOG`.

It dies between the engine's answer to a signal and the commit of the candles that led to it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable

from adapters.candle_topic.group import CandleGroup, Read
from adapters.metrics.scanner import Outcome, ScannerMetrics
from commands.scanner import Share
from infra.cli import main

_signalled, _commit = ScannerMetrics.signalled, CandleGroup[Share].commit


def _run(*words: str) -> None:
    answered: list[Outcome] = []

    def signalled(metrics: ScannerMetrics, outcome: Outcome) -> None:
        _signalled(metrics, outcome)
        answered.append(outcome)

    def dying(group: CandleGroup[Share], reads: Iterable[Read[Share]]) -> None:
        if Outcome.RECORDED in answered:
            os.kill(os.getpid(), signal.SIGKILL)
        _commit(group, reads)

    ScannerMetrics.signalled = signalled  # type: ignore[method-assign, assignment]
    CandleGroup.commit = dying  # type: ignore[method-assign, assignment]
    sys.argv = ["whence", "scan", *words]
    main()


if __name__ == "__main__":
    _run(*sys.argv[1:])
