"""A bar chart as SVG: one value for each label, above or below zero."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from infra.pages.grid import drawing, grid
from infra.pages.scale import Scale


class Bar(NamedTuple):
    """A label and the value to draw: a length on the screen, not an amount to compute with. A `loss` is drawn in the
    colour of losses."""

    label: str
    value: float
    loss: bool = False


_WIDTHS = {"wide": 600, "narrow": 400}
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 8, 12, 24
_LABEL = 9
"""The width of a character of a label in pixels, with its share of the gap to the next label."""


@dataclass(frozen=True, slots=True)
class BarChart:
    """`label` describes the chart for people who do not see it; `spelled` writes a value with so many places."""

    label: str
    bars: Sequence[Bar]
    spelled: Callable[[float, int], str]
    height: int = 210

    def svg(self) -> Markup:
        """Both drawings; the style sheet shows one of them. Empty without bars."""
        if not self.bars:
            return Markup()
        return Markup("\n").join(part for form, width in _WIDTHS.items() for part in self._parts(form, width))

    def _parts(self, form: str, width: int) -> Iterator[Markup]:
        values = [bar.value for bar in self.bars]
        scale = Scale.around(min(0.0, *values), max(0.0, *values), _TOP, self.height - _TOP - _BOTTOM)
        yield drawing(form, width, self.height, self.label)
        yield from grid(scale, _LEFT, width - _RIGHT, self.spelled)
        yield from self._bars(scale, width)
        yield Markup("</svg>")

    def _bars(self, scale: Scale, width: int) -> Iterator[Markup]:
        room = (width - _LEFT - _RIGHT) / len(self.bars)
        longest = max(len(bar.label) for bar in self.bars)
        every = max(1, -int(-longest * _LABEL // room))
        zero = scale.y(0.0)
        for at, (label, value, loss) in enumerate(self.bars):
            x, y = _LEFT + at * room, scale.y(value)
            yield Markup(
                '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}: {}</title></rect>'
            ).format(
                "bar-down" if loss else "bar-up",
                x + room * 0.12,
                min(y, zero),
                room * 0.76,
                max(abs(y - zero), 0.5),
                label,
                self.spelled(value, scale.places),
            )
            if at % every == 0:
                yield Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
                    x + room / 2, self.height - 6, label
                )
