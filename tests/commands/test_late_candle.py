"""A candle that was fetched late leads to no entry: its price is stale."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Self

import pytest

from commands.engine import Engine
from commands.inputs import MarketMoved, opening
from commands.settings import ChangeSettings
from commands.watching import Instance
from commands.world import World
from domain.candle import Candle
from domain.direction import Direction
from domain.settings import Settings
from domain.signal import DecisionMade
from domain.strategies import Intent, Proposal
from tests.commands.desk import IDENTITY, OPENING
from tests.domain.history import BTC, LOG_ID, NOW, D

MINUTE = timedelta(minutes=1)
CANDLE = Candle(
    instrument=BTC,
    interval=MINUTE,
    open_time=NOW,
    open=D(100),
    high=D(100),
    low=D(100),
    close=D(100),
    volume=D(1),
)


class Eager:
    """Proposes to buy at the close of every candle."""

    name = "trend"

    def watch(self) -> Self:
        return self

    def scan(self, candles: Sequence[Candle]) -> Sequence[Proposal]:
        return [self.on_candle(candle) for candle in candles]

    def on_candle(self, candle: Candle) -> Proposal:
        return Proposal(
            strategy="trend",
            instrument=candle.instrument,
            interval=candle.interval,
            direction=Direction.LONG,
            intent=Intent.ENTER,
            confidence=0.9,
            trend=1.0,
            price=candle.close,
            stop=candle.close - 2,
            target=candle.close + 6,
            inputs={},
        )


@pytest.mark.parametrize(("late", "is_stale"), [(0, False), (30, False), (31, True), (3_600, True)])
def test_a_candle_older_than_the_limit_is_skipped_with_its_reason(late: int, is_stale: bool) -> None:
    engine = Engine(World(), IDENTITY, since=NOW, instances=[Instance(id="trend", strategy=Eager())])
    for unit in engine.process(opening(LOG_ID, [*OPENING, ChangeSettings(Settings())], NOW)):
        engine.confirm(unit)
    decided: list[DecisionMade] = []
    for unit in engine.process(MarketMoved(CANDLE.close_time + timedelta(seconds=late), (CANDLE,))):
        engine.confirm(unit)
        decided += [one.event for one in unit.envelopes if isinstance(one.event, DecisionMade)]
    (decision,) = decided
    assert ("STALE_DATA" in decision.reasons) is is_stale
    assert (decision.verdict.value == "SKIP") is is_stale
