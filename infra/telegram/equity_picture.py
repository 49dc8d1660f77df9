"""The equity curves of a day as a picture, one panel an account, for the daily report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from itertools import pairwise
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from infra.pages.scale import Scale

_WIDTH: Final = 800
_PANEL: Final = 280
"""The height of an account's panel in pixels of the finished picture."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 92, 22, 40, 34
_FINER: Final = 2
"""The picture is drawn so many times as large, and reduced: its lines are smooth then."""
_TEXT: Final = 14
_HOURS: Final = (0, 6, 12, 18, 24)
_PAPER, _INK, _GRID, _LINE, _BEGIN = "#ffffff", "#3a4149", "#e3e6ea", "#1f6feb", "#8b949e"
MOST_PANELS: Final = 6
"""More accounts than these have no picture: each panel of it would be too small to read in a chat."""

Point = tuple[datetime, float]
"""A time (UTC) and the equity to draw there: a place on the picture, not an amount to compute with."""


@dataclass(frozen=True, slots=True)
class Curve:
    """The equity of an account over a day that begins at `begin` (UTC)."""

    account: str
    currency: str
    begin: datetime
    points: Sequence[Point]

    @property
    def is_drawable(self) -> bool:
        """Whether it has a line: two points."""
        return len(self.points) > 1


def equity_picture(curves: Sequence[Curve]) -> bytes | None:
    """A PNG file of the curves that have a line; None where none has one, and for more than `MOST_PANELS`."""
    drawn = [one for one in curves if one.is_drawable]
    if not 1 <= len(drawn) <= MOST_PANELS:
        return None
    size = (_WIDTH, _PANEL * len(drawn))
    image = Image.new("RGB", (size[0] * _FINER, size[1] * _FINER), _PAPER)
    for n, curve in enumerate(drawn):
        _Panel(ImageDraw.Draw(image), n * _PANEL).draw(curve)
    written = BytesIO()
    image.resize(size, Image.Resampling.LANCZOS).save(written, "PNG", optimize=True)
    return written.getvalue()


class _Panel:
    """Draws one account. Places are pixels of the finished picture."""

    def __init__(self, drawing: ImageDraw.ImageDraw, top: float) -> None:
        self._drawing, self._top = drawing, top
        self._font = ImageFont.load_default(_TEXT * _FINER)

    def draw(self, curve: Curve) -> None:
        values = [value for _, value in curve.points]
        scale = Scale.around(min(values), max(values), self._top + _TOP, _PANEL - _TOP - _BOTTOM)
        self._text((_LEFT, self._top + 20), f"{curve.account}, {curve.currency}, UTC", "ls")
        self._values(scale)
        self._hours()
        first = scale.y(values[0])
        self._line([(_LEFT, first), (_WIDTH - _RIGHT, first)], _BEGIN, 1)
        places = [(_x(at, curve.begin), scale.y(value)) for at, value in curve.points]
        for pair in pairwise(places):
            self._line(list(pair), _LINE, 2)

    def _values(self, scale: Scale) -> None:
        for value in scale.steps():
            y = scale.y(value)
            self._line([(_LEFT, y), (_WIDTH - _RIGHT, y)], _GRID, 1)
            self._text((_LEFT - 8, y), f"{value:,.{scale.places}f}".replace(",", " "), "rm")

    def _hours(self) -> None:
        for hour in _HOURS:
            x = _LEFT + (_WIDTH - _LEFT - _RIGHT) * hour / 24
            self._text((x, self._top + _PANEL - 12), f"{hour:02}:00", "ms")

    def _line(self, places: list[tuple[float, float]], colour: str, width: int) -> None:
        finer = [(x * _FINER, y * _FINER) for x, y in places]
        self._drawing.line(finer, colour, width * _FINER, joint="curve")

    def _text(self, place: tuple[float, float], text: str, anchor: str) -> None:
        finer = (place[0] * _FINER, place[1] * _FINER)
        self._drawing.text(finer, text, _INK, self._font, anchor)


def _x(at: datetime, begin: datetime) -> float:
    part = (at - begin) / timedelta(days=1)
    return _LEFT + min(max(part, 0.0), 1.0) * (_WIDTH - _LEFT - _RIGHT)
