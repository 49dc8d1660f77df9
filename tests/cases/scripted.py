"""A strategy whose proposals stand in its settings.

`say = "3 BTCUSDT LONG ENTER 99 105; 9 * SHORT EXIT 99 105"` proposes at the close of the candles with these numbers.
The numbers count from 0 in each instrument. A line has the symbol (`*` for any), direction, intent, stop and target. A
stop or target is a price in quote currency, or a change of the close in percent, as in `-5%`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.candle import Candle
from domain.strategies import Direction, Intent, Proposal


@dataclass(frozen=True)
class Line:
    """One proposal: the candle's number, the symbol, and what is proposed."""

    number: int
    symbol: str
    direction: Direction
    intent: Intent
    stop: str
    target: str

    def fits(self, number: int, candle: Candle) -> bool:
        return number == self.number and self.symbol in ("*", candle.instrument.partition("-")[0])


@dataclass(frozen=True)
class Scripted:
    """Proposes what its lines hold, with a confidence of 0.99 and full agreement of the trend."""

    lines: tuple[Line, ...]

    @classmethod
    def from_parameters(cls, given: Mapping[str, str]) -> Scripted:
        return cls(tuple(_lines(given["say"])))

    @property
    def name(self) -> str:
        return "scripted"

    def watch(self) -> ScriptedWatcher:
        return ScriptedWatcher(self.lines)

    def scan(self, candles: Sequence[Candle]) -> Sequence[Proposal | None]:
        watcher = self.watch()
        return [watcher.on_candle(candle) for candle in candles]


class ScriptedWatcher:
    """Counts the candles of one instrument."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines, self._seen = lines, 0

    def on_candle(self, candle: Candle) -> Proposal | None:
        number, self._seen = self._seen, self._seen + 1
        line = next((line for line in self._lines if line.fits(number, candle)), None)
        return None if line is None else _proposal(line, candle)


def _lines(script: str) -> Iterator[Line]:
    for text in filter(None, (part.strip() for part in script.split(";"))):
        number, symbol, direction, intent, stop, target = text.split()
        yield Line(int(number), symbol, Direction(direction), Intent(intent), stop, target)


def _proposal(line: Line, candle: Candle) -> Proposal:
    return Proposal(
        strategy="scripted",
        instrument=candle.instrument,
        interval=candle.interval,
        direction=line.direction,
        intent=line.intent,
        confidence=0.99,
        trend=1.0 if line.direction is Direction.LONG else -1.0,
        price=candle.close,
        stop=_level(line.stop, candle.close),
        target=_level(line.target, candle.close),
        inputs={},
    )


def _level(text: str, close: Decimal) -> Decimal:
    return close * (1 + Decimal(text.removesuffix("%")) / 100) if text.endswith("%") else Decimal(text)
