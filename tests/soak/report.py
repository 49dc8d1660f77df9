"""The report of a soak, from its samples: `python -m tests.soak.report FOLDER` prints it anew."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import json

from tests.soak.sampling import ProcessSample, Sample
from tests.soak.slope import slope

_WARM_UP = 0.25
"""The share of the samples, at the beginning, of which no slope is fitted."""
_LEAST = 12


def report(folder: Path, checks: Mapping[str, int]) -> str:
    """A line for each process and figure, one for latency, lag and log, and one for each check with its exit code."""
    lines = (folder / "samples.jsonl").read_bytes().splitlines()
    samples = [json.decode(one, type=Sample) for one in lines]
    return "\n".join([*_lines(samples), *(f"{name}: exit code {code}" for name, code in checks.items())])


def _lines(samples: Sequence[Sample]) -> Iterator[str]:
    warm = samples[int(len(samples) * _WARM_UP) :]
    if len(warm) < _LEAST:
        yield f"{len(warm)} samples after the warm-up: too few for a slope"
        return
    for name in dict.fromkeys(one.name for sample in warm for one in sample.processes):
        series = [(s.at, one) for s in warm for one in s.processes if one.name == name]
        if len(series) >= _LEAST:
            yield from _process(name, series)
    first, last = warm[0], warm[-1]
    yield f"log: {first.log_bytes:,} to {last.log_bytes:,} bytes; greatest lag {max(s.lag for s in warm):g} events"
    for part in (0.5, 0.99):
        yield f"decision latency p{part * 100:g}: at most {quantile(first.decided, last.decided, part)} s"


def _process(name: str, series: Sequence[tuple[float, ProcessSample]]) -> Iterator[str]:
    times = [at for at, _ in series]
    for figure in ("rss", "pss", "descriptors", "threads"):
        values = [float(getattr(one, figure)) for _, one in series]
        found = slope(times, values)
        yield (
            f"{name} {figure}: {values[0]:,.0f} to {values[-1]:,.0f}, {100 * found.growth:+.2f} %/h "
            f"[{100 * found.low:+.2f}, {100 * found.high:+.2f}], {found.verdict}"
        )
    used = (series[-1][1].cpu - series[0][1].cpu) / (times[-1] - times[0])
    yield f"{name} processor: {used:.2f} cores"


def quantile(before: Mapping[str, float], after: Mapping[str, float], part: float) -> str:
    """The upper bound (s) of the bucket that has this quantile of the decisions between two scrapes; `-` where there
    was none.
    """
    counts = {bound: after[bound] - before.get(bound, 0.0) for bound in sorted(after, key=float)}
    whole = max(counts.values(), default=0.0)
    return next((bound for bound, count in counts.items() if whole and count >= part * whole), "-")


if __name__ == "__main__":
    sys.stdout.write(report(Path(sys.argv[1]), {}) + "\n")
