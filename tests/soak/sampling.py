"""Samples of the processes of a soak, and of what the program's `/metrics` states."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import httpx2
import psutil
from msgspec import Struct

from tests.journeys.program import Running

_LINE = re.compile(r"^(\w+)(\{[^}]*\})? (\S+)$", re.MULTILINE)
_BOUND = re.compile(r'le="([^"]+)"')
_LATENCIES: Mapping[str, str] = {
    "whence_signal_to_decision_seconds_bucket": "signal to decision",
    "whence_decision_to_order_seconds_bucket": "decision to durable order",
    "whence_log_append_seconds_bucket": "append to the log",
}
_COUNTS: Mapping[str, str] = {
    "whence_signals_total": "signals",
    "whence_orders_placed_total": "orders",
    "whence_order_fills_total": "fills",
    "whence_positions_closed_total": "positions closed",
    "whence_candles_processed_total": "candles",
}
_LAG = "whence_projection_lag_events"


class ProcessSample(Struct, frozen=True, kw_only=True):
    """One process: memory in bytes (`pss` shares common pages among processes), `cpu` in seconds since its start."""

    name: str
    rss: int
    pss: int
    descriptors: int
    threads: int
    cpu: float


class Sample(Struct, frozen=True, kw_only=True):
    """`at` in seconds since the start; `latencies` are the observations so far of each kind, by the upper bound (s) of
    their bucket; `counts` what was done so far; `lag` in events, the greatest of all projections; `log_bytes` of the
    log's files. `fault` is why the sample failed, and it has no figures then; empty where it did not.
    """

    at: float
    processes: Sequence[ProcessSample] = ()
    latencies: dict[str, dict[str, float]] = {}
    counts: dict[str, float] = {}
    lag: float = 0.0
    log_bytes: int = 0
    fault: str = ""


class Scraped(NamedTuple):
    """What a response of `/metrics` states; see `Sample`."""

    latencies: dict[str, dict[str, float]]
    counts: dict[str, float]
    lag: float


class Sampler:
    """Samples programs with the processes that they have started, and the metrics of one of them."""

    def __init__(self, programs: Mapping[str, Running], metrics: str, log: Path) -> None:
        """`metrics` is an address, `log` the file of the log."""
        self._programs, self._metrics, self._log = programs, metrics, log
        self._processes = {name: psutil.Process(one.pid) for name, one in programs.items()}
        self._begun = time.monotonic()

    @property
    def passed(self) -> float:
        """Seconds since the first sample could be taken."""
        return time.monotonic() - self._begun

    def sample(self) -> Sample:
        """A sample; one with a `fault` where the metrics or a process could not be read.

        Raises RuntimeError where a program has ended.
        """
        at = self.passed
        for name, one in self._programs.items():
            if not one.is_alive:
                raise RuntimeError(f"{name} has ended after {at:.0f} s, with the code {one.process.poll()}")
        try:
            return self._whole(at)
        except (httpx2.HTTPError, psutil.Error) as fault:
            return Sample(at=at, fault=f"{type(fault).__name__}: {fault}")

    def _whole(self, at: float) -> Sample:
        latencies, counts, lag = scraped(self._metrics)
        return Sample(
            at=at,
            processes=[each for name, one in self._processes.items() for each in process_samples(name, one)],
            latencies=latencies,
            counts=counts,
            lag=lag,
            log_bytes=log_bytes(self._log),
        )


def process_samples(name: str, process: psutil.Process) -> Sequence[ProcessSample]:
    """The process and those that it has started; the name of a child has its pid. A child that ends meanwhile is left
    out. Raises psutil.Error where the process itself cannot be read.
    """
    found = [_sample(name, process)]
    for child in process.children(recursive=True):
        try:
            found.append(_sample(f"{name} child {child.pid}", child))
        except psutil.NoSuchProcess:
            continue
    return found


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


def scraped(url: str) -> Scraped:
    """What `/metrics` states now. Raises httpx2.HTTPError."""
    return read_metrics(httpx2.get(url, timeout=20).raise_for_status().text)


def read_metrics(text: str) -> Scraped:
    """The same of the text of a response. Labels beside the bucket's bound are added up."""
    latencies: dict[str, dict[str, float]] = {name: {} for name in _LATENCIES.values()}
    counts, lags = dict.fromkeys(_COUNTS.values(), 0.0), [0.0]
    for name, labels, value in _LINE.findall(text):
        if name in _LATENCIES and (bound := _BOUND.search(labels)):
            buckets = latencies[_LATENCIES[name]]
            buckets[bound[1]] = buckets.get(bound[1], 0.0) + float(value)
        elif name in _COUNTS:
            counts[_COUNTS[name]] += float(value)
        elif name == _LAG:
            lags.append(float(value))
    return Scraped(latencies, counts, max(lags))


def log_bytes(log: Path) -> int:
    """The size of the log's file and of the files beside it."""
    return sum(one.stat().st_size for one in log.parent.glob(f"{log.name}*"))
