"""`whence log copy` in a process that kills itself (SIGKILL): `python -m tests.infra.cli.dying_copy APPENDS FROM TO`.

It dies when this number of appends to the copy is durable.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from adapters.log.recorder_log import RecorderLog
from domain.log import Recorded
from infra.cli import main

_append = RecorderLog.append_recorded


def _run(appends: int, source: str, target: str) -> None:
    done = 0

    def dying(log: RecorderLog, recorded: Sequence[Recorded]) -> int:
        nonlocal done
        last = _append(log, recorded)
        done += 1
        if done == appends:
            os.kill(os.getpid(), signal.SIGKILL)
        return last

    RecorderLog.append_recorded = dying  # type: ignore[method-assign, assignment]
    sys.argv = ["whence", "log", "copy", "--from", source, "--to", target]
    main()


if __name__ == "__main__":
    _run(int(sys.argv[1]), sys.argv[2], sys.argv[3])
