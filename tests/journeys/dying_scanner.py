"""`whence scan` in a process that kills itself (SIGKILL): `python -m tests.journeys.dying_scanner NAME --log LOG`.

It dies between the engine's answer to a signal and the commit of the candles that led to it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable

from adapters.candle_topic.group import CandleGroup, Read
from commands.request import Requested
from commands.scanner import Share
from infra.cli import main
from infra.run.scanning import Scanning

_ended, _commit = Scanning._ended, CandleGroup[Share].commit  # the moment is within the loop


def _run(*words: str) -> None:
    answered: list[str] = []

    def ended(scanning: Scanning, requested: Requested) -> bool:
        is_over = _ended(scanning, requested)
        if is_over:
            answered.append(requested.id)
        return is_over

    def dying(group: CandleGroup[Share], reads: Iterable[Read[Share]]) -> None:
        if answered:
            os.kill(os.getpid(), signal.SIGKILL)
        _commit(group, reads)

    Scanning._ended = ended  # type: ignore[method-assign]
    CandleGroup.commit = dying  # type: ignore[method-assign, assignment]
    sys.argv = ["whence", "scan", *words]
    main()


if __name__ == "__main__":
    _run(*sys.argv[1:])
