"""A line chart as SVG: series over one span of time, drawn once for wide screens and once for narrow ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from infra.pages.grid import drawing, grid
from infra.pages.scale import Scale

Point = tuple[datetime, float]
"""A time (UTC) and the value to draw there: a place on the screen, not an amount to compute with."""

_WIDTHS = {"wide": 960, "narrow": 400}
"""The width of each drawing in its own pixels, so that its text is as large as the text around it."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 74, 14, 26, 24
_LEGEND = 150
_TICKS = {"wide": 5, "narrow": 2}


@dataclass(frozen=True, slots=True)
class Line:
    """One series. `style` is a class of the style sheet: `main`, `beside` or `fall`, of which the last is filled up to
    zero. With `steps` each value holds until the next one."""

    style: str
    words: str
    points: Sequence[Point]
    steps: bool = False


@dataclass(frozen=True, slots=True)
class LineChart:
    """Lines from `begun` to `ended` (UTC). `label` describes the chart for people who do not see it; `spelled` writes a
    value of the vertical scale with so many places. `ceiling` is drawn in any case, as zero for falls."""

    label: str
    lines: Sequence[Line]
    begun: datetime
    ended: datetime
    spelled: Callable[[float, int], str]
    height: int = 260
    ceiling: float | None = None

    def svg(self) -> Markup:
        """Both drawings; the style sheet shows one of them. Empty where no line has a point."""
        if not any(line.points for line in self.lines):
            return Markup()
        drawn = (part for form, width in _WIDTHS.items() for part in self._parts(form, width))
        return Markup("\n").join(drawn)

    def _parts(self, form: str, width: int) -> Iterator[Markup]:
        values = [value for line in self.lines for _, value in line.points]
        values += [] if self.ceiling is None else [self.ceiling]
        scale = Scale.around(min(values), max(values), _TOP, self.height - _TOP - _BOTTOM)
        yield drawing(form, width, self.height, self.label)
        yield from self._legend()
        yield from grid(scale, _LEFT, width - _RIGHT, self.spelled)
        yield from self._times(form, width)
        for line in self.lines:
            if line.points:
                yield Markup('<path class="line-{}" d="{}"/>').format(
                    line.style, self._path(line, scale, width)
                )
        yield Markup("</svg>")

    def _legend(self) -> Iterator[Markup]:
        for at, line in enumerate(self.lines):
            x = _LEFT + at * _LEGEND
            yield Markup('<path class="line-{0}" d="M{1},12 h18"/><text x="{2}" y="16">{3}</text>').format(
                line.style, x, x + 24, line.words
            )

    def _times(self, form: str, width: int) -> Iterator[Markup]:
        """Days where the span is longer than two days, else hours; a span of one moment has one time."""
        span = self.ended - self.begun
        count = _TICKS[form] if span else 1
        written = "%Y-%m-%d" if span.days >= 2 else "%m-%d %H:%M"
        for at in range(count):
            when = self.begun + span * at / max(count - 1, 1)
            anchor = "start" if at == 0 else "end" if at == count - 1 else "middle"
            yield Markup('<text x="{:.1f}" y="{}" text-anchor="{}">{}</text>').format(
                self._x(when, width), self.height - 6, anchor, f"{when:{written}}"
            )

    def _path(self, line: Line, scale: Scale, width: int) -> str:
        """The series as a path that ends at the end of the span."""
        places = [
            (x, scale.y(value))
            for x, value in thinned([(self._x(at, width), one) for at, one in line.points])
        ]
        first, end = places[0], width - _RIGHT
        drawn = [f"{first[0]:.1f},{first[1]:.1f}"]
        drawn += [f"H{x:.1f} V{y:.1f}" if line.steps else f"L{x:.1f},{y:.1f}" for x, y in places[1:]]
        whole = " ".join([*drawn, f"H{end}"])
        if line.style != "fall":
            return f"M{whole}"
        zero = scale.y(0.0)
        return f"M{first[0]:.1f},{zero:.1f} L{whole} V{zero:.1f} Z"

    def _x(self, at: datetime, width: int) -> float:
        whole = (self.ended - self.begun).total_seconds() or 1.0
        part = (min(max(at, self.begun), self.ended) - self.begun).total_seconds() / whole
        return _LEFT + part * (width - _LEFT - _RIGHT)


def thinned(points: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """At most four points for each pixel: the first, the lowest, the highest and the last one, in their order. What is
    left out would be drawn on the same pixels."""
    found: list[tuple[float, float]] = []
    column: list[tuple[float, float]] = []
    for point in points:
        if column and int(column[0][0]) != int(point[0]):
            found += _extremes(column)
            column = []
        column.append(point)
    return [*found, *_extremes(column)]


def _extremes(column: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    if len(column) <= 4:
        return column
    values = [value for _, value in column]
    places = {0, values.index(min(values)), values.index(max(values)), len(column) - 1}
    return [column[at] for at in sorted(places)]
