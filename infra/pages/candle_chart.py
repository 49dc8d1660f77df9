"""A candle chart as SVG inside a page: candles, price levels with labels, and the executions.

Every chart is drawn twice, wide and narrow, because text in one scaled drawing would be too small on a telephone; the
style sheet of the frame shows one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from markupsafe import Markup

from domain.candle import Candle
from infra.pages.filters import amount
from infra.pages.frame import fragment
from infra.pages.scale import Scale

_LINE = 15
"""The height in pixels that one label needs."""


class Role(StrEnum):
    """What a level or an execution is; the style sheet has a colour for each."""

    ENTRY = "entry"
    EXIT = "exit"
    STOP = "stop"
    TARGET = "target"


class Level(NamedTuple):
    """A price that held from `since` to `until`. A level that was only proposed is drawn fainter."""

    role: Role
    price: Decimal
    since: datetime
    until: datetime
    proposed: bool = False


class Execution(NamedTuple):
    """An entry or exit at a price and time; `note` is a text beside its mark, such as BUY 2.83, or empty for none."""

    role: Role
    price: Decimal
    at: datetime
    is_buy: bool
    note: str


class Size(NamedTuple):
    """The size of a drawing in pixels.

    `right` is the margin in which the levels are labelled; `times` is about how many times are written on the axis.
    Without `has_notes` an execution is marked BUY or SELL alone, because its note would cover the candles.
    """

    name: str
    width: int
    height: int
    left: int
    right: int
    times: int
    has_notes: bool


WIDE = Size("wide", 1180, 440, 74, 148, 8, has_notes=True)
NARROW = Size("narrow", 392, 380, 58, 112, 3, has_notes=False)
_TOP, _BOTTOM = 16, 30
_WITHOUT_LABELS = 44
"""The margin on the right of a chart without levels."""
_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
_STEPS = tuple(
    timedelta(minutes=minutes)
    for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1_440, 2_880, 10_080, 40_320)
)


@dataclass(frozen=True, slots=True)
class CandleChart:
    """The candles of one instrument in order of time, at least one, with what is drawn over them."""

    title: str
    candles: Sequence[Candle]
    levels: Sequence[Level] = ()
    executions: Sequence[Execution] = ()

    def svg(self) -> Markup:
        """Both drawings, with nothing loaded from elsewhere. Raises ValueError for a chart without candles."""
        if not self.candles:
            raise ValueError("a candle chart needs one candle or more")
        return Markup("").join(_Drawing(self, size).svg() for size in (WIDE, NARROW))


class _Bar(NamedTuple):
    x: float
    left: float
    width: float
    high: float
    low: float
    top: float
    height: float
    rises: bool


class _Line(NamedTuple):
    role: str
    begin: float
    end: float
    y: float
    proposed: bool


class _Label(NamedTuple):
    role: str
    y: float
    label_y: float
    text: str


class _Mark(NamedTuple):
    role: str
    path: str
    x: float
    y: float
    anchor: str
    text: str


class _Drawing:
    """One drawing of a chart; pixels are floats, prices are converted only to place them."""

    def __init__(self, chart: CandleChart, size: Size) -> None:
        self._chart = chart
        self._size = size if chart.levels else size._replace(right=_WITHOUT_LABELS)
        self._begin = chart.candles[0].open_time
        self._end = max(chart.candles[-1].close_time, *(one.until for one in chart.levels), self._begin)
        prices = [price for candle in chart.candles for price in (candle.low, candle.high)]
        prices += [one.price for one in chart.levels] + [one.price for one in chart.executions]
        self._scale = Scale.around(float(min(prices)), float(max(prices)), _TOP, size.height - _TOP - _BOTTOM)

    def svg(self) -> Markup:
        size, scale = self._size, self._scale
        return fragment(
            "candle_chart.svg",
            title=self._chart.title,
            size=size,
            end=size.width - size.right,
            grid=[(scale.y(value), f"{value:,.{scale.places}f}") for value in scale.steps()],
            times=list(self._times()),
            bars=list(self._bars()),
            lines=list(self._lines()),
            labels=list(self._labels()),
            marks=list(self._marks()),
        )

    def _x(self, at: datetime) -> float:
        size = self._size
        whole = (self._end - self._begin).total_seconds() or 1.0
        part = (min(max(at, self._begin), self._end) - self._begin).total_seconds() / whole
        return size.left + part * (size.width - size.left - size.right)

    def _times(self) -> Iterator[tuple[float, str]]:
        """Round times, with the date at the first one and where the day changes."""
        rough = (self._end - self._begin) / self._size.times
        step = next((one for one in _STEPS if one >= rough), _STEPS[-1])
        at, day = self._begin - (self._begin - _MONDAY) % -step, None
        while at <= self._end:
            yield self._x(at), f"{at:%H:%M}" if at.date() == day else f"{at:%d %b %H:%M}"
            at, day = at + step, at.date()

    def _bars(self) -> Iterator[_Bar]:
        y = self._scale.y
        for candle in self._chart.candles:
            begin, end = self._x(candle.open_time), self._x(candle.close_time)
            opened, closed = y(float(candle.open)), y(float(candle.close))
            yield _Bar(
                x=(begin + end) / 2,
                left=begin + (end - begin) * 0.15,
                width=max((end - begin) * 0.7, 0.6),
                high=y(float(candle.high)),
                low=y(float(candle.low)),
                top=min(opened, closed),
                height=max(abs(opened - closed), 1.0),
                rises=candle.close >= candle.open,
            )

    def _lines(self) -> Iterator[_Line]:
        for level in self._chart.levels:
            yield _Line(
                level.role.value,
                self._x(level.since),
                self._x(level.until),
                self._scale.y(float(level.price)),
                level.proposed,
            )

    def _labels(self) -> Iterator[_Label]:
        """One for each price and role, moved down where two would cover each other."""
        last: dict[tuple[Role, Decimal], Level] = {(one.role, one.price): one for one in self._chart.levels}
        placed = sorted(last.values(), key=lambda one: -one.price)
        ys = _apart([self._scale.y(float(one.price)) for one in placed], self._size.height - _BOTTOM)
        for level, at in zip(placed, ys, strict=True):
            text = f"{level.role} {amount(level.price)}"
            yield _Label(level.role.value, self._scale.y(float(level.price)), at, text)

    def _marks(self) -> Iterator[_Mark]:
        middle = (self._size.left + self._size.width - self._size.right) / 2
        for one in self._chart.executions:
            x, y = self._x(one.at), self._scale.y(float(one.price))
            down = 1 if one.is_buy else -1
            path = f"M{x:.1f},{y:.1f} l-6,{11 * down} h12 Z"
            anchor = "start" if x < middle else "end"
            short = "BUY" if one.is_buy else "SELL"
            note = one.note if self._size.has_notes or not one.note else short
            aside = 9 if anchor == "start" else -9
            yield _Mark(one.role.value, path, x + aside, y + 12 * down + 4, anchor, note)


def _apart(ys: Sequence[float], bottom: float) -> Sequence[float]:
    """The places, which rise, at least a line apart and not below `bottom`."""
    down: list[float] = []
    for y in ys:
        down.append(max(y, down[-1] + _LINE) if down else y)
    up: list[float] = []
    for y in reversed(down):
        up.append(min(y, up[-1] - _LINE if up else bottom))
    return up[::-1]
