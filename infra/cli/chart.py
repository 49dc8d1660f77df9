"""A chart of a run as SVG: the balance with buy and hold beside it, and the drawdown below.

It is drawn from any series of times and amounts, so a finer series of equity gives a finer chart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from html import escape

from infra.pages.scale import Scale

Point = tuple[datetime, Decimal]
_WIDTH, _LEFT, _RIGHT = 960, 80, 20
_TOP, _UPPER, _GAP, _LOWER, _BOTTOM = 56, 300, 40, 110, 40
_HEIGHT = _TOP + _UPPER + _GAP + _LOWER + _BOTTOM
_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #333 }
.title { font-size: 15px; font-weight: 600 }
.grid { stroke: #ddd; stroke-width: 1 }
.equity { fill: none; stroke: #1f5fbf; stroke-width: 1.6 }
.held { fill: none; stroke: #999; stroke-width: 1.2; stroke-dasharray: 5 3 }
.drawdown { fill: #c9463d; fill-opacity: .25; stroke: #c9463d; stroke-width: 1 }
"""


@dataclass(frozen=True, slots=True)
class Chart:
    """The series of one run. `equity` changes in steps: each amount holds until the next one."""

    title: str
    currency: str
    equity: Sequence[Point]
    held: Sequence[Point]
    begun: datetime
    ended: datetime

    def svg(self) -> str:
        """The chart as one SVG document, with nothing loaded from elsewhere."""
        return "\n".join([*self._parts(), "</svg>", ""])

    def _parts(self) -> Iterator[str]:
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
            f'height="{_HEIGHT}" role="img" aria-label="{escape(self.title)}">'
        )
        yield f"<style>{_STYLE}</style>"
        yield f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>'
        yield f'<text class="title" x="{_LEFT}" y="22">{escape(self.title)}</text>'
        yield from _legend(self.currency)
        yield from self._amounts()
        yield from self._drawdowns()
        yield from self._times()

    def _amounts(self) -> Iterator[str]:
        amounts = [float(amount) for _, amount in (*self.equity, *self.held)]
        scale = Scale.around(min(amounts), max(amounts), _TOP, _UPPER)
        yield from _grid(scale, lambda value: f"{value:,.{scale.places}f}")
        yield self._line("held", self.held, scale, steps=False)
        yield self._line("equity", self.equity, scale, steps=True)

    def _drawdowns(self) -> Iterator[str]:
        fractions = list(_drawdowns(self.equity))
        top = _TOP + _UPPER + _GAP
        scale = Scale.around(min(float(one) for _, one in fractions), 0.0, top, _LOWER)
        yield from _grid(scale, lambda value: f"{100 * value:,.{max(scale.places - 2, 0)}f} %")
        path = self._path(fractions, scale, steps=True)
        zero = scale.y(0.0)
        yield f'<path class="drawdown" d="M{_LEFT},{zero:.1f} L{path} V{zero:.1f} Z"/>'

    def _line(self, name: str, points: Sequence[Point], scale: Scale, *, steps: bool) -> str:
        return f'<path class="{name}" d="M{self._path(points, scale, steps=steps)}"/>'

    def _path(self, points: Sequence[Point], scale: Scale, *, steps: bool) -> str:
        """The points as a path that ends at the run's end; with `steps` each amount holds until the next."""
        places = [(self._x(at), scale.y(float(amount))) for at, amount in points]
        drawn = [f"{places[0][0]:.1f},{places[0][1]:.1f}"]
        drawn += [f"H{x:.1f} V{y:.1f}" if steps else f"L{x:.1f},{y:.1f}" for x, y in places[1:]]
        return " ".join([*drawn, f"H{self._x(self.ended):.1f}"])

    def _x(self, at: datetime) -> float:
        whole = (self.ended - self.begun).total_seconds() or 1.0
        part = (min(max(at, self.begun), self.ended) - self.begun).total_seconds() / whole
        return _LEFT + part * (_WIDTH - _LEFT - _RIGHT)

    def _times(self) -> Iterator[str]:
        y = _HEIGHT - _BOTTOM + 20
        for n in range(5):
            at = self.begun + (self.ended - self.begun) * n / 4
            anchor = ("start", "middle", "middle", "middle", "end")[n]
            yield f'<text x="{self._x(at):.1f}" y="{y}" text-anchor="{anchor}">{at:%Y-%m-%d %H:%M}</text>'


def _grid(scale: Scale, spelled: Callable[[float], str]) -> Iterator[str]:
    for value in scale.steps():
        y = scale.y(value)
        yield f'<path class="grid" d="M{_LEFT},{y:.1f} H{_WIDTH - _RIGHT}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{spelled(value)}</text>'


def _legend(currency: str) -> Iterator[str]:
    for n, (name, words) in enumerate(
        (
            ("equity", f"balance ({currency})"),
            ("held", "buy and hold"),
            ("drawdown", "drawdown from the peak"),
        )
    ):
        x = _LEFT + 180 * n
        yield f'<path class="{name}" d="M{x},38 h24"/><text x="{x + 30}" y="42">{escape(words)}</text>'


def _drawdowns(points: Sequence[Point]) -> Iterator[Point]:
    """The fall of each amount from the largest amount so far, as a fraction of it; 0 or below."""
    peak = points[0][1]
    for at, amount in points:
        peak = max(peak, amount)
        yield at, (amount - peak) / peak if peak > 0 else Decimal(0)
