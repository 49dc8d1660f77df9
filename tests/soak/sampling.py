"""Samples of the processes of a soak, and of what the program's `/metrics` states."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import httpx2
import psutil
from msgspec import Struct

_LINE = re.compile(r"^(\w+)(\{[^}]*\})? (\S+)$", re.MULTILINE)
_BOUND = re.compile(r'le="([^"]+)"')
_BUCKET = "whence_signal_to_decision_seconds_bucket"


class ProcessSample(Struct, frozen=True, kw_only=True):
    """One process: memory in bytes (`pss` shares common pages among processes), `cpu` in seconds since its start."""

    name: str
    rss: int
    pss: int
    descriptors: int
    threads: int
    cpu: float


class Sample(Struct, frozen=True, kw_only=True):
    """`at` in seconds since the start; `decided` are the decisions so far by the upper bound (s) of their latency;
    `lag` in events, the greatest of all projections; `log_bytes` of the log's files.
    """

    at: float
    processes: Sequence[ProcessSample]
    decided: dict[str, float]
    lag: float
    log_bytes: int


def process_samples(name: str, process: psutil.Process) -> Sequence[ProcessSample]:
    """The process and those that it has started; the name of a child has its number."""
    children = process.children(recursive=True)
    names = [name, *(f"{name} child {number}" for number in range(1, len(children) + 1))]
    return [_sample(own, one) for own, one in zip(names, [process, *children], strict=True)]


def _sample(name: str, process: psutil.Process) -> ProcessSample:
    memory, times = process.memory_full_info(), process.cpu_times()
    return ProcessSample(
        name=name,
        rss=memory.rss,
        pss=memory.pss,
        descriptors=process.num_fds(),
        threads=process.num_threads(),
        cpu=times.user + times.system,
    )


def scraped(url: str) -> tuple[dict[str, float], float]:
    """The buckets of the latency of decisions, and the greatest lag in events. Raises httpx2.HTTPError."""
    return read_metrics(httpx2.get(url, timeout=20).raise_for_status().text)


def read_metrics(text: str) -> tuple[dict[str, float], float]:
    """The same of a response of `/metrics`."""
    decided, lags = dict[str, float](), [0.0]
    for name, labels, value in _LINE.findall(text):
        bound = _BOUND.search(labels)
        if name == _BUCKET and bound is not None:
            decided[bound[1]] = decided.get(bound[1], 0.0) + float(value)
        elif name == "whence_projection_lag_events":
            lags.append(float(value))
    return decided, max(lags)


def log_bytes(folder: Path) -> int:
    """The size of the log's file and of its journal."""
    return sum(one.stat().st_size for one in folder.glob("live.db*"))
