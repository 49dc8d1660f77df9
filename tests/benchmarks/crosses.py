"""A strategy on the cross of two EMAs over a recorded tape of one-minute candles; two benchmarks measure runs with it.

The position is long from each cross upwards to the next cross downwards. Closes are averaged with alpha = 2 / (n + 1),
beginning with the first close; the first 20 candles give no signal. Every signal is traded, with a size so small that
no limit applies.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.tapes import Tape, read_tape
from domain.candle import Candle
from domain.settings import AlphaSettings, RiskSettings, Settings, StrategySettings, TierSettings
from domain.sizing.settings import SizingRule, SizingSettings
from domain.strategies import Direction, Intent, Proposal

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "btc_perp_1m_2022-01.csv"
NAME = "cross"
FAST, SLOW = 10, 20
_FAR: Mapping[Direction, tuple[Decimal, Decimal]] = {
    Direction.LONG: (Decimal("0.9"), Decimal("1.9")),
    Direction.SHORT: (Decimal("1.1"), Decimal("0.1")),
}
"""Stop and target as multiples of the price, which no candle of this tape reaches."""

SETTINGS = Settings(
    strategies=(StrategySettings(NAME),),
    tiers=TierSettings(normal_confidence=0.0, strict_confidence=0.0, relaxed_confidence=0.0),
    alpha=AlphaSettings(minimum_trend=-1.0, minimum_reward_to_risk=Decimal(0)),
    risk=RiskSettings(
        max_risk_per_trade=Decimal(1),
        max_total_risk=Decimal(1),
        max_daily_loss=Decimal(1),
        cooldown_seconds=0,
        minimum_win_rate=Decimal(0),
    ),
    sizing=SizingSettings(rule=SizingRule.FIXED, quantity=Decimal("0.001")),
)


def cross(_parameters: Mapping[str, str]) -> Cross:
    """The entry point of the strategy in the group `whence.strategies`; it ignores the parameters."""
    return Cross()


class Cross:
    """A strategy that is long from each cross upwards to the next cross downwards."""

    name = NAME

    def watch(self) -> Crossing:
        """Returns a new watcher: the part of the strategy that receives candles."""
        return Crossing()

    def scan(self, candles: Sequence[Candle]) -> Sequence[Proposal | None]:
        """Gives the candles to a new watcher; returns its proposal for each candle."""
        watcher = self.watch()
        return [watcher.on_candle(candle) for candle in candles]


class Crossing:
    """Two averages of the closes seen so far."""

    def __init__(self) -> None:
        self._seen = 0
        self._fast: float = 0.0
        self._slow: float = 0.0

    def on_candle(self, candle: Candle) -> Proposal | None:
        """Proposes an entry at a cross upwards and an exit at a cross downwards."""
        close, was_above, was_below = float(candle.close), self._fast > self._slow, self._fast < self._slow
        self._seen += 1
        if self._seen == 1:
            self._fast = self._slow = close
        self._fast += 2 / (FAST + 1) * (close - self._fast)
        self._slow += 2 / (SLOW + 1) * (close - self._slow)
        if self._seen <= SLOW:
            return None
        if self._fast > self._slow and not was_above:
            return self._proposal(candle, Direction.LONG, Intent.ENTER)
        if self._fast < self._slow and not was_below:
            return self._proposal(candle, Direction.SHORT, Intent.EXIT)
        return None

    def _proposal(self, candle: Candle, direction: Direction, intent: Intent) -> Proposal:
        stop, target = _FAR[direction]
        return Proposal(
            strategy=NAME,
            instrument=candle.instrument,
            interval=candle.interval,
            direction=direction,
            intent=intent,
            confidence=1.0,
            trend=1.0 if direction is Direction.LONG else -1.0,
            price=candle.close,
            stop=candle.close * stop,
            target=candle.close * target,
            inputs={"fast": self._fast, "slow": self._slow},
        )


def recorded_tape() -> Tape:
    """The recorded candles, with times in UTC. Raises FileNotFoundError where the recording is missing."""
    with TemporaryDirectory() as folder, RECORDED.open(encoding="utf-8", newline="") as recorded:
        file = Path(folder) / "BTCUSDT_1m.csv"
        rows = csv.reader(recorded)
        lines = [next(rows), *([_in_utc(time), *rest] for time, *rest in rows)]
        file.write_text("\n".join(map(",".join, lines)) + "\n", encoding="utf-8")
        return read_tape(file, now=datetime.now(UTC))


@contextmanager
def plugged() -> Generator[None]:
    """Within the block, makes the strategy available as if another package had installed it with an entry point."""
    with TemporaryDirectory() as folder:
        package = Path(folder) / f"{NAME}-1.dist-info"
        package.mkdir()
        (package / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1\n")
        entry = f"[whence.strategies]\n{NAME} = tests.benchmarks.crosses:cross\n"
        (package / "entry_points.txt").write_text(entry)
        sys.path.append(folder)
        try:
            yield
        finally:
            sys.path.remove(folder)


def _in_utc(time: str) -> str:
    return datetime.fromisoformat(time).isoformat() + "Z"
