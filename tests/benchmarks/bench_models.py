"""Training of models on synthetic rows, and the score of one row.

Run alone: `python -m tests.benchmarks.bench_models [ROWS…]` trains on so many rows, each in a process of its own, and
also prints the most memory of that process. The table of `python -m tests.benchmarks models` has 10,000 rows.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from time import perf_counter, process_time

import numpy as np

from domain.learning.settings import TrainingSettings
from domain.models.file import read_model
from infra.learning.training import trained
from tests.benchmarks.figure import Figure
from tests.infra.learning.rows import planted

_ROWS = 10_000
_FEATURES = 24
_SCORES = 5_000


def run(rows: int = _ROWS) -> Sequence[Figure]:
    """Validation and training by default settings, then the scores of rows one by one."""
    data = planted(1, rows, _FEATURES)
    begun, used = perf_counter(), process_time()
    found = trained(data, TrainingSettings(), 0)
    spent, busy = perf_counter() - begun, process_time() - used
    note = f"{rows:,} rows, {_FEATURES} features, 5 tests and the model, one thread"
    begun = perf_counter()
    model = read_model(found.data)
    opened = (perf_counter() - begun) * 1e3
    table = [[None if np.isnan(one) else one for one in row] for row in data.x[:_SCORES].tolist()]
    times = _microseconds(lambda place: model.score(table[place]), len(table))
    walked = f"{len(found.data) / 1024:,.0f} KiB, 6 heads of {TrainingSettings().trees} trees"
    return [
        Figure("train", spent, "s", None, note),
        Figure("train: processor time", busy, "s", None, note),
        Figure("open a file", opened, "ms", None, walked),
        Figure("score: p50", times[len(times) // 2], "µs", 100.0, walked),
        Figure("score: p99", times[len(times) * 99 // 100], "µs", None, walked),
    ]


def _microseconds(measured: Callable[[int], object], times: int) -> Sequence[float]:
    """Processor times, so that programs beside this one do not count."""
    found = list[float]()
    for place in range(times):
        begun = process_time()
        measured(place)
        found.append((process_time() - begun) * 1e6)
    return sorted(found)


def _print(rows: int) -> None:
    for figure in run(rows):
        print(f"{figure.name:24} {figure.value:10.3f} {figure.unit:4} {figure.note}")
    print(f"most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--this-process"]:
        _print(int(sys.argv[2]))
    else:
        for one in sys.argv[1:] or [str(_ROWS)]:
            command = [sys.executable, "-m", "tests.benchmarks.bench_models", "--this-process", one]
            subprocess.run(command, check=True)
