"""The report of a soak, from its folder: `python -m tests.soak.report FOLDER` prints it anew."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from msgspec import json

from tests.soak.latency import Drift, drift, quantile
from tests.soak.money import money
from tests.soak.sampling import ProcessSample, Sample
from tests.soak.slope import slope

SAMPLES, CHECKS, LOG = "samples.jsonl", "checks.json", "live.db"
VENUE_STATE, MARKET = "venue.json", "market"
WARM_UP = 0.25
"""The share of the samples, at the beginning, of which no slope is fitted."""
_LEAST = 12
_MOST_FAILED = 0.01
_FIGURES = ("rss", "pss", "descriptors", "threads")
_VENUE = "venue"
"""Its growth is shown and not judged: the exchange keeps 50,000 orders and executions, as its users want."""


class Finding(NamedTuple):
    """A line of the report, and whether it is as it must be."""

    text: str
    is_good: bool = True


def report(folder: Path) -> tuple[str, bool]:
    """The lines of the report, and whether everything is as it must be."""
    found = list(findings(folder))
    lines = [one.text if one.is_good else f"FAILED  {one.text}" for one in found]
    return "\n".join(lines), all(one.is_good for one in found)


def findings(folder: Path) -> Iterator[Finding]:
    """All lines: samples, processes, latencies, what was done, exit codes, and money."""
    lines = (folder / SAMPLES).read_bytes().splitlines()
    yield from of_samples([json.decode(one, type=Sample) for one in lines])
    checks = json.decode((folder / CHECKS).read_bytes(), type=dict[str, int])
    yield from (Finding(f"{name}: exit code {code}", code == 0) for name, code in checks.items())
    wrong = money(folder / LOG, folder / VENUE_STATE, folder / MARKET)
    yield from (Finding(f"log and exchange: {one.kind}: {one.text}", is_good=False) for one in wrong.wrongs)
    yield Finding(
        f"log against exchange: {wrong.orders:,} orders, {wrong.executions:,} executions, balance {wrong.balance}: "
        f"{len(wrong.wrongs)} differences",
        not wrong.wrongs,
    )


def of_samples(samples: Sequence[Sample]) -> Iterator[Finding]:
    """The lines that samples lead to."""
    failed = [one for one in samples if one.fault]
    latest = f", the last of them: {failed[-1].fault}" if failed else ""
    yield Finding(
        f"{len(samples)} samples, {len(failed)} failed{latest}", len(failed) <= _MOST_FAILED * len(samples)
    )
    warm = [one for one in samples[int(len(samples) * WARM_UP) :] if not one.fault]
    if len(warm) < _LEAST:
        yield Finding(f"{len(warm)} samples after the warm-up: too few for a slope", is_good=False)
        return
    for name, series in series_of(warm).items():
        yield from _process(name, series, is_judged=not name.startswith(_VENUE))
    first, last = warm[0], warm[-1]
    hours = (last.at - first.at) / 3_600
    for what, count in last.counts.items():
        done = count - first.counts.get(what, 0.0)
        yield Finding(f"{what}: {done:,.0f} after the warm-up, {done / hours:,.0f} an hour", done > 0)
    yield Finding(
        f"log: {first.log_bytes:,} to {last.log_bytes:,} bytes; greatest lag {max(s.lag for s in warm):g} events"
    )
    for kind in last.latencies:
        yield from _latency(kind, [(one.at, one.latencies[kind]) for one in warm])


def series_of(samples: Sequence[Sample]) -> dict[str, list[tuple[float, ProcessSample]]]:
    """The samples of each process with their times; a process that lived for a few samples only is left out."""
    found: dict[str, list[tuple[float, ProcessSample]]] = {}
    for sample in samples:
        for one in sample.processes:
            found.setdefault(one.name, []).append((sample.at, one))
    return {name: series for name, series in found.items() if len(series) >= _LEAST}


def _process(
    name: str, series: Sequence[tuple[float, ProcessSample]], *, is_judged: bool
) -> Iterator[Finding]:
    times = [at for at, _ in series]
    for figure in _FIGURES:
        values = [float(getattr(one, figure)) for _, one in series]
        found = slope(times, values)
        yield Finding(
            f"{name} {figure}: {values[0]:,.0f} to {values[-1]:,.0f}, {100 * found.growth:+.2f} %/h "
            f"[{100 * found.low:+.2f}, {100 * found.high:+.2f}], {found.verdict}",
            not is_judged or found.verdict == "flat",
        )
    used = (series[-1][1].cpu - series[0][1].cpu) / (times[-1] - times[0])
    yield Finding(f"{name} processor: {used:.2f} cores")


def _latency(kind: str, series: Sequence[tuple[float, dict[str, float]]]) -> Iterator[Finding]:
    whole = difference(series[0][1], series[-1][1])
    for part in (0.5, 0.99):
        found = drift(blocks(series), part)
        yield Finding(
            f"{kind} p{part * 100:g}: {1_000 * quantile(whole, part):.2f} ms; {_compared(found)}",
            found.verdict != "grows",
        )


def _compared(found: Drift) -> str:
    return f"second half by first {found.ratio:.3f} [{found.low:.3f}, {found.high:.3f}], {found.verdict}"


def blocks(series: Sequence[tuple[float, dict[str, float]]]) -> Sequence[dict[str, float]]:
    """The observations of each whole minute, by the upper bound of their bucket."""
    ends: dict[int, dict[str, float]] = {}
    for at, buckets in series:
        ends[int(at // 60)] = buckets
    return [difference(before, after) for before, after in pairwise(ends.values())]


def difference(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """The observations between two scrapes, cumulated as in a histogram of Prometheus."""
    return {bound: count - before.get(bound, 0.0) for bound, count in after.items()}


if __name__ == "__main__":
    shown, passes = report(Path(sys.argv[1]))
    sys.stdout.write(f"{shown}\n")
    sys.exit(0 if passes else 1)
