"""Two instances of one strategy on one account: each trades its own candles and only its own positions."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import pytest

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from adapters.tapes import synthetic_tape
from commands.world import World
from domain.log import Envelope
from domain.opposed import opposed
from domain.settings import Settings, StrategySettings
from domain.signal import DecisionMade, Detected, SignalDetected, Verdict
from tests.journeys.runs import EAGER, plan, play
from tests.replacing import replace

FAST = StrategySettings(id="trend-fast", strategy="trend", parameters={"fast": "5", "slow": "12"})
SLOW = StrategySettings(id="trend-slow", strategy="trend", interval="15m")


def played(settings: Settings) -> Sequence[Envelope]:
    tapes = synthetic_tape(4, ["BTCUSDT", "ETHUSDT"], candles=1500)
    with closing(open_memory(AvroCodec())) as log:
        return play(plan(tapes, settings), log)


def closed_own(envelopes: Sequence[Envelope]) -> set[bool]:
    """For each decision to close: whether the closed positions belong to the strategy of its signal."""
    world, own = World(), set[bool]()
    for envelope in envelopes:
        if isinstance(envelope.event, DecisionMade) and envelope.event.verdict is Verdict.CLOSE:
            state = world.state(envelope.meta.stream)
            assert isinstance(state, Detected)
            owners = opposed(state.signal, world.portfolio).owners
            own.add(owners == (state.signal.strategy,))
        world.fold(envelope)
    return own


def entered(envelopes: Sequence[Envelope]) -> set[tuple[str, int]]:
    """The instance of each signal that was entered, and the interval of its candle in seconds."""
    world, found = World(), set[tuple[str, int]]()
    for envelope in envelopes:
        if isinstance(envelope.event, DecisionMade) and envelope.event.verdict is Verdict.ENTER:
            signal = world.state(envelope.meta.stream).signal
            found.add((signal.strategy, signal.interval_seconds))
        world.fold(envelope)
    return found


@pytest.mark.parametrize(("reverse_others", "own"), [(False, {True}), (True, {True, False})])
def test_an_instance_closes_positions_of_others_only_where_the_settings_allow_it(
    reverse_others: bool, own: set[bool]
) -> None:
    envelopes = played(replace(EAGER, strategies=(FAST, SLOW), reverse_others=reverse_others))
    assert closed_own(envelopes) == own
    assert entered(envelopes) == {("trend-fast", 300), ("trend-slow", 900)}


def test_an_instance_trades_only_its_configured_instruments() -> None:
    one = replace(FAST, instruments=("ETHUSDT-LINEAR.BYBIT",))
    events = [envelope.event for envelope in played(replace(EAGER, strategies=(one,)))]
    signals = [event for event in events if isinstance(event, SignalDetected)]
    assert {(signal.strategy, signal.instrument) for signal in signals} == {
        ("trend-fast", "ETHUSDT-LINEAR.BYBIT")
    }
