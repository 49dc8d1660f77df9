"""The live tail: how long after its append an event has arrived in another process that follows the log."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing

from adapters.log.recorder_log import RecordedLog
from tests.benchmarks.figure import Figure
from tests.benchmarks.logs import fresh, owned, reader

_RATE, _SECONDS = 20, 10
_AIM = 20.0


def run() -> Sequence[Figure]:
    """Milliseconds from durable to arrived, on each kind of log."""
    return [figure for kind in ("SQLite", "Kafka") for figure in _of(kind)]


def _of(kind: str) -> Iterator[Figure]:
    with fresh(kind) as address:
        owned(address).close()
        with closing(reader(address)) as log:
            delays = sorted(_delays(log, address))
    note = f"{_RATE} events/s for {_SECONDS} s from another process, one by one"
    for name, share, aim in (("p50", 0.5, _AIM), ("p99", 0.99, None)):
        yield Figure(f"live tail, {kind}, {name}", delays[int(len(delays) * share)] * 1e3, "ms", aim, note)


def _delays(log: RecordedLog, address: str) -> Iterator[float]:
    """For each event the time between its append and its arrival, in seconds."""
    arrived: dict[int, float] = {}
    ended = threading.Event()

    def follow() -> None:
        for recorded in log.follow(0, ended.is_set, 0.2):
            arrived[recorded.ordinal] = time.time()

    following = threading.Thread(target=follow)
    following.start()
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.steady", address, str(_RATE), str(_SECONDS), "1"],
        capture_output=True,
        text=True,
        check=True,
    )
    time.sleep(1.0)
    ended.set()
    following.join()
    for line in done.stdout.splitlines():
        ordinal, at = line.split()
        yield arrived[int(ordinal)] - float(at)
