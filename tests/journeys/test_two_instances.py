"""Two instances of the trend strategy on the three recorded tapes, on candles of 5 and of 15 minutes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.tapes import read_tape
from commands.world import World
from domain.log import Envelope, Recorded
from domain.position import PositionOpened
from domain.settings import Settings, StrategySettings
from domain.signal import SignalDetected
from projections.chain import missing_causes
from tests.commands.list_log import ListLog
from tests.journeys.runs import files, plan, play

FAST, SLOW = StrategySettings("trend"), StrategySettings(id="trend-slow", strategy="trend", interval="15m")


@pytest.fixture(scope="module")
def envelopes(market_data: Path) -> Sequence[Envelope]:
    now = datetime.now(UTC)
    tapes = [read_tape(file, now=now) for file in files(market_data)]
    return play(plan(tapes, Settings(strategies=(FAST, SLOW))), ListLog())


def test_each_instance_reads_candles_of_its_own_interval(envelopes: Sequence[Envelope]) -> None:
    signals = [envelope.event for envelope in envelopes if isinstance(envelope.event, SignalDetected)]
    assert {(one.strategy, one.interval_seconds) for one in signals} == {("trend", 300), ("trend-slow", 900)}
    assert {one.candle_closed_at.minute % 15 for one in signals if one.strategy == "trend-slow"} == {0}


def test_each_instance_opens_positions_of_its_own(envelopes: Sequence[Envelope]) -> None:
    world, opened = World(), Counter[str]()
    for envelope in envelopes:
        world.fold(envelope)
        if isinstance(envelope.event, PositionOpened):
            opened[world.portfolio.positions[envelope.event.instrument].owner] += 1
    assert opened.keys() == {"trend", "trend-slow"}


def test_a_signal_of_a_coarser_candle_names_that_candle_as_its_cause(envelopes: Sequence[Envelope]) -> None:
    causes = {
        envelope.meta.causation_id.split(":")[2]
        for envelope in envelopes
        if isinstance(envelope.event, SignalDetected) and envelope.event.strategy == "trend-slow"
    }
    assert causes == {"15m"}
    recorded = (Recorded(number, envelope) for number, envelope in enumerate(envelopes, 1))
    assert list(missing_causes(recorded)) == []
