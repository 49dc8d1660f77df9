"""A scatter chart as SVG: dots by two numbers, or by a label and a number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from infra.pages.grid import drawing, grid
from infra.pages.scale import Scale


class Dot(NamedTuple):
    """A place on the screen: `across` and `up`; `words` are shown at it. The `chosen` dot is drawn over the others."""

    across: float
    up: float
    words: str
    chosen: bool = False


class Tick(NamedTuple):
    """A label below the chart."""

    across: float
    label: str


_WIDTHS = {"wide": 600, "narrow": 400}
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 16, 12, 24
_RADIUS = {False: 3.5, True: 6.0}
_CHARACTER = 8
"""The width of a character of a label in pixels."""


@dataclass(frozen=True, slots=True)
class ScatterChart:
    """`label` describes the chart for people who do not see it; `spelled` writes a value of the vertical scale with so
    many places. Labels that have no room are left out."""

    label: str
    dots: Sequence[Dot]
    ticks: Sequence[Tick]
    spelled: Callable[[float, int], str]
    height: int = 230

    def svg(self) -> Markup:
        """Both drawings; the style sheet shows one of them. Empty without dots."""
        if not self.dots:
            return Markup()
        return Markup("\n").join(part for form, width in _WIDTHS.items() for part in self._parts(form, width))

    def _parts(self, form: str, width: int) -> Iterator[Markup]:
        values = [one.up for one in self.dots]
        scale = Scale.around(min(values), max(values), _TOP, self.height - _TOP - _BOTTOM)
        yield drawing(form, width, self.height, self.label)
        yield from grid(scale, _LEFT, width - _RIGHT, self.spelled)
        yield from self._labels(width)
        for dot in sorted(self.dots, key=lambda one: one.chosen):
            yield Markup(
                '<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{}"><title>{}</title></circle>'
            ).format(
                "dot-chosen" if dot.chosen else "dot",
                self._x(dot.across, width),
                scale.y(dot.up),
                _RADIUS[dot.chosen],
                dot.words,
            )
        yield Markup("</svg>")

    def _labels(self, width: int) -> Iterator[Markup]:
        free = 0.0
        for tick in self.ticks:
            x, half = self._x(tick.across, width), len(tick.label) * _CHARACTER / 2
            x = min(max(x, half), width - half)
            if x - half >= free:
                free = x + half + _CHARACTER
                yield Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
                    x, self.height - 6, tick.label
                )

    def _x(self, across: float, width: int) -> float:
        places = [one.across for one in self.dots] + [one.across for one in self.ticks]
        low, span = min(places), (max(places) - min(places)) or 1.0
        return _LEFT + 10 + (across - low) / span * (width - _LEFT - _RIGHT - 20)
