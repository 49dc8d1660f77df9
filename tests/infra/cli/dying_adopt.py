"""`whence log adopt` in a process that kills itself (SIGKILL) when the source is sealed, and the copy is not adopted.

`python -m tests.infra.cli.dying_adopt SOURCE COPY`
"""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

from adapters.log.recorder_log import RecorderLog
from infra.cli import main


def _die(*_: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


if __name__ == "__main__":
    RecorderLog.append_recorded = _die  # type: ignore[method-assign, assignment]
    sys.argv = ["whence", "log", "adopt", "--log", sys.argv[2], "--source", sys.argv[1]]
    main()
