"""A strategy that proposes what its parameter `say` lists, for tests on short tapes written by hand.

`say = "2 * LONG ENTER 95 110; 9 * LONG EXIT 95 110"`: at the close of candle 2 (counted from 0), of any instrument, it
proposes to enter LONG with stop 95 and target 110, at candle 9 to exit. A symbol instead of `*` limits a line to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from domain.candle import Candle
from domain.strategies import Direction, Intent, Proposal


def make(parameters: Mapping[str, str]) -> Scripted:
    """The entry point `scripted` of the group `whence.strategies`."""
    return Scripted(tuple(line.strip() for line in parameters["say"].split(";") if line.strip()))


def install(folder: Path) -> None:
    """Writes the metadata of a package with this entry point; effective while `folder` is on `sys.path`."""
    metadata = folder / "scripted_strategy-0.1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: scripted-strategy\nVersion: 0.1\n")
    (metadata / "entry_points.txt").write_text("[whence.strategies]\nscripted = tests.cases.scripted:make\n")


@dataclass(frozen=True)
class Scripted:
    """Proposes the lines of the script, each at its candle."""

    lines: tuple[str, ...]
    name: str = "scripted"

    def watch(self) -> Reader:
        return Reader(self.lines)

    def scan(self, candles: Sequence[Candle]) -> Sequence[Proposal | None]:
        reader = self.watch()
        return [reader.on_candle(candle) for candle in candles]


class Reader:
    """Counts one instrument's candles and reads the line of each."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines, self._at = [line.split() for line in lines], -1

    def on_candle(self, candle: Candle) -> Proposal | None:
        self._at += 1
        symbol = candle.instrument.partition("-")[0]
        for at, name, direction, intent, stop, target in self._lines:
            if int(at) == self._at and name in ("*", symbol):
                return Proposal(
                    strategy="scripted",
                    instrument=candle.instrument,
                    interval=candle.interval,
                    direction=Direction(direction),
                    intent=Intent(intent),
                    confidence=0.99,
                    trend=1.0 if direction == "LONG" else -1.0,
                    price=candle.close,
                    stop=Decimal(stop),
                    target=Decimal(target),
                    inputs={},
                )
        return None
