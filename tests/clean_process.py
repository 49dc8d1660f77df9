"""A process that kills itself, forked from one without threads: the tests have those of Kafka clients, which are unsafe
in a fork."""

from __future__ import annotations

import signal
from collections.abc import Callable
from multiprocessing import get_context
from typing import Final, ParamSpec

P = ParamSpec("P")

_CONTEXT: Final = get_context("forkserver")
# The program and its callers are imported once by the server, not again in each process.
_CONTEXT.set_forkserver_preload(
    ["tests.infra.run.taped", "tests.adapters.log.test_grouped", "tests.adapters.snapshots.test_snapshots"]
)


def killed(work: Callable[P, object], *args: P.args, **named: P.kwargs) -> None:
    """Runs `work`, which can be pickled with its arguments, and waits for the process.

    Raises AssertionError where the process ended otherwise than by SIGKILL.
    """
    process = _CONTEXT.Process(target=work, args=args, kwargs=named)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
