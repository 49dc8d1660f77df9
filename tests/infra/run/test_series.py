"""Series of entries in runs on a tape: the same after a stop, when candles are passed over, and when decided again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import pytest

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from adapters.tapes import synthetic_tape
from domain.log import Envelope
from domain.settings import FlipSettings, IntentSettings, Settings
from domain.signal import DecisionMade, SeriesEnded, SignalDetected, SignalIntent
from infra.run.redeciding import Redecision
from projections.chain import missing_causes
from tests.commands.list_log import ListLog
from tests.infra.run.test_reversing import FAST
from tests.infra.run.test_skipping import frames
from tests.journeys.runs import EAGER, plan, play
from tests.replacing import replace

TAPES = synthetic_tape(4, ["BTCUSDT", "ETHUSDT"], candles=1000)
KEEN = replace(
    FAST,
    parameters={
        "fast": "2",
        "slow": "5",
        "trend": "9",
        "rsi": "3",
        "adx": "2",
        "atr": "3",
        "adx_minimum": "0",
        "stop_atrs": "20",
        "target_atrs": "30",
    },
)
NOISE = IntentSettings(hold_series=True, reinforce_confidence=0.95, noise_confidence=0.8)


def with_intents(intents: IntentSettings) -> Settings:
    flips = FlipSettings(hold_seconds=7_200)
    return replace(EAGER, strategies=(KEEN,), flips=flips, intents=intents)


@pytest.fixture(scope="module")
def recorded() -> Sequence[Envelope]:
    return play(plan(TAPES, with_intents(NOISE)), ListLog())


def series_of(envelopes: Sequence[Envelope]) -> list[SeriesEnded]:
    return [one.event for one in envelopes if isinstance(one.event, SeriesEnded)]


def test_series_replace_the_signals_that_changed_nothing(recorded: Sequence[Envelope]) -> None:
    found = series_of(recorded)
    each = play(plan(TAPES, with_intents(IntentSettings())), ListLog())
    assert series_of(each) == []
    assert {one.intent for one in found} == {SignalIntent.HOLD, SignalIntent.NOISE}
    assert max(one.count for one in found) > 1
    signals, before = (sum(isinstance(one.event, SignalDetected) for one in log) for log in (recorded, each))
    assert signals + len(found) < before


def test_a_run_that_stopped_goes_on_to_the_same_series(recorded: Sequence[Envelope]) -> None:
    ends = [at for at, one in enumerate(recorded) if isinstance(one.event, SeriesEnded)]
    for at in (ends[0], ends[len(ends) // 2]):
        cause = recorded[at].meta.causation_id
        begin = next(place for place, one in enumerate(recorded) if one.meta.causation_id == cause)
        log = ListLog()
        log.append(recorded[:begin])
        assert play(plan(TAPES, with_intents(NOISE)), log) == recorded


def test_a_run_that_passes_over_candles_makes_the_same_log_to_the_byte() -> None:
    logs: list[list[bytes]] = []
    for skips in (False, True):
        with closing(open_memory(AvroCodec())) as log:
            envelopes = play(plan(TAPES, with_intents(NOISE)), log, skips=skips)
            assert list(missing_causes(log.read())) == []
            logs.append(frames(log))
        assert series_of(envelopes)
    assert logs[0] == logs[1]


def test_every_decision_beside_series_is_made_again_from_the_log(recorded: Sequence[Envelope]) -> None:
    log = ListLog()
    log.append(recorded)
    redecision = Redecision()
    list(redecision.steps(log.read()))
    assert redecision.is_equal
    assert redecision.made["DecisionMade"] == sum(isinstance(one.event, DecisionMade) for one in recorded)
