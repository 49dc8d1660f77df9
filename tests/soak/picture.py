"""Draws the figures of a soak over time: `python -m tests.soak.picture FOLDER FILE.svg`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from msgspec import json

from tests.soak.report import SAMPLES, series_of
from tests.soak.sampling import Sample

_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 720, 130, 70, 24, 56
_COLOURS = ("#0b6e4f", "#c1272d", "#1f4e9c", "#8a5a00")


class Line(NamedTuple):
    """One series: seconds and values."""

    name: str
    points: Sequence[tuple[float, float]]


def drawn(samples: Sequence[Sample]) -> str:
    """An SVG with memory, descriptors and work of each process over the time of the run."""
    good = [one for one in samples if not one.fault]
    processes = series_of(good)
    panels = [
        (
            "resident memory, MiB",
            [Line(name, [(at, one.rss / 2**20) for at, one in series]) for name, series in processes.items()],
        ),
        (
            "descriptors",
            [
                Line(name, [(at, float(one.descriptors)) for at, one in series])
                for name, series in processes.items()
            ],
        ),
        (
            "orders and signals so far",
            [Line(what, [(one.at, one.counts[what]) for one in good]) for what in ("orders", "signals")],
        ),
    ]
    parts = [
        _panel(title, lines, _TOP + number * (_HEIGHT + _GAP)) for number, (title, lines) in enumerate(panels)
    ]
    height = len(panels) * (_HEIGHT + _GAP)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 20} {height}" '
        f'font-family="sans-serif" font-size="11">\n{"".join(parts)}</svg>\n'
    )


def _panel(title: str, lines: Sequence[Line], top: int) -> str:
    longest = max(at for one in lines for at, _ in one.points) or 1.0
    most = max(value for one in lines for _, value in one.points) or 1.0
    parts = [
        f'<text x="{_LEFT}" y="{top - 8}" font-weight="bold">{escape(title)}</text>\n',
        f'<rect x="{_LEFT}" y="{top}" width="{_WIDTH}" height="{_HEIGHT}" fill="none" stroke="#999"/>\n',
        f'<text x="{_LEFT - 6}" y="{top + 10}" text-anchor="end">{most:,.0f}</text>\n',
        f'<text x="{_LEFT - 6}" y="{top + _HEIGHT}" text-anchor="end">0</text>\n',
        f'<text x="{_LEFT + _WIDTH}" y="{top + _HEIGHT + 14}" text-anchor="end">{longest / 60:.0f} min</text>\n',
    ]
    for number, one in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        points = " ".join(
            f"{_LEFT + _WIDTH * at / longest:.1f},{top + _HEIGHT * (1 - value / most):.1f}"
            for at, value in one.points
        )
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="1.4" points="{points}"/>\n')
        name = one.name.partition(" child")[0] + (" API" if " child" in one.name else "")
        parts.append(
            f'<text x="{_LEFT + 8 + 130 * number}" y="{top + 14}" fill="{colour}">{escape(name)}</text>\n'
        )
    return "".join(parts)


if __name__ == "__main__":
    read = [
        json.decode(line, type=Sample) for line in (Path(sys.argv[1]) / SAMPLES).read_bytes().splitlines()
    ]
    Path(sys.argv[2]).write_text(drawn(read))
