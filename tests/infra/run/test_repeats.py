"""Repeat confirmation in runs on a tape: fewer entries, and each decision is made again from the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from adapters.tapes import synthetic_tape
from domain.log import Envelope
from domain.settings import IntentSettings, Settings, StrategySettings
from domain.signal import DecisionMade, Verdict
from infra.run.redeciding import Redecision
from tests.commands.list_log import ListLog
from tests.journeys.runs import EAGER, plan, play
from tests.replacing import replace

TAPES = synthetic_tape(4, ["BTCUSDT", "ETHUSDT"], candles=1500)


def needing(repeats: int) -> Settings:
    return replace(
        EAGER, strategies=(StrategySettings("volume-profile"),), intents=IntentSettings(repeats=repeats)
    )


def verdicts(envelopes: Sequence[Envelope]) -> Counter[Verdict]:
    return Counter(one.event.verdict for one in envelopes if isinstance(one.event, DecisionMade))


def test_a_run_that_needs_repeats_enters_less_often_and_decides_the_same_from_its_log() -> None:
    once, recorded = (play(plan(TAPES, needing(repeats)), ListLog()) for repeats in (0, 2))
    assert 0 < verdicts(recorded)[Verdict.ENTER] < verdicts(once)[Verdict.ENTER]
    reasons = [one.event.reasons for one in recorded if isinstance(one.event, DecisionMade)]
    assert ("ENTRY_NOT_REPEATED",) in reasons
    log = ListLog()
    log.append(recorded)
    redecision = Redecision()
    list(redecision.steps(log.read()))
    assert redecision.is_equal
