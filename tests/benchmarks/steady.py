"""A writer at a steady rate: `python -m tests.benchmarks.steady LOG RATE SECONDS AT_ONCE`.

Prints a line for each append: the ordinal of its last event, and the time at which it was durable (seconds since 1970).
"""

from __future__ import annotations

import sys
import time
from contextlib import closing

from domain.log import Envelope
from tests.benchmarks.logs import owned
from tests.benchmarks.runs import copies
from tests.projections.folded import a_run
from tests.replacing import replace


def main(log: str, rate: str, seconds: str, at_once: str) -> None:
    """See the module's docstring."""
    wanted, step = int(rate) * int(seconds), int(at_once)
    history = a_run(5_000)
    events = [
        _of_its_own(envelope) for one in copies(history, wanted // len(history) + 1) for envelope in one
    ]
    lines: list[str] = []
    with closing(owned(log)) as opened:
        began = time.perf_counter()
        for start in range(0, wanted, step):
            ordinal = opened.append(events[start : start + step])
            lines.append(f"{ordinal} {time.time()}")
            due = began + (start + step) / int(rate)
            time.sleep(max(due - time.perf_counter(), 0))
    sys.stdout.write("\n".join(lines))


def _of_its_own(envelope: Envelope) -> Envelope:
    """A copy of the envelope for an account that the log does not have yet."""
    meta = envelope.meta
    account = f"live{meta.account}"
    stream = meta.stream.replace(f"-{meta.account}", f"-{account}", 1)
    return replace(envelope, meta=replace(meta, account=account, stream=stream))


if __name__ == "__main__":
    main(*sys.argv[1:])
