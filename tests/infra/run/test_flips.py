"""Flip protection in runs on a tape: the rules keep positions, and each decision is made again from the log."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

import pytest

from adapters.tapes import synthetic_tape
from commands.world import World
from domain.log import Envelope
from domain.settings import FlipSettings, OnOpposite, OwnFlipSettings, Settings, SimulationSettings
from domain.signal import DecisionMade, Verdict
from infra.cli.changes import change_of
from infra.config import WhenceSettings
from infra.run.redeciding import Redecision
from infra.search.settings_file import settings_text
from infra.trading import trading_settings
from tests.commands.list_log import ListLog
from tests.infra.run.test_reversing import FAST
from tests.journeys.runs import EAGER, plan, play
from tests.replacing import replace

TAPES = synthetic_tape(4, ["BTCUSDT", "ETHUSDT"], candles=900)
RULES = FlipSettings(
    minimum_confidence=0.3,
    repeats=2,
    hold_seconds=1_800,
    cooldown_seconds=3_600,
    loss_confidence=0.5,
    cost_buffer=Decimal("0.0005"),
)


def with_flips(flips: FlipSettings) -> Settings:
    return replace(EAGER, strategies=(FAST,), on_opposite=OnOpposite.REVERSE, flips=flips)


@pytest.fixture(scope="module")
def protected() -> Sequence[Envelope]:
    return play(plan(TAPES, with_flips(RULES)), ListLog())


def flips_of(envelopes: Sequence[Envelope]) -> Counter[Verdict]:
    return Counter(
        one.event.verdict
        for one in envelopes
        if isinstance(one.event, DecisionMade)
        and {"REVERSAL", *(reason for reason in one.event.reasons if reason.startswith("FLIP_"))}
        & set(one.event.reasons)
    )


def test_a_run_with_all_rules_keeps_positions_that_a_run_without_them_flips(
    protected: Sequence[Envelope],
) -> None:
    free = flips_of(play(plan(TAPES, with_flips(FlipSettings())), ListLog()))
    kept = flips_of(protected)
    assert free[Verdict.SKIP] == 0
    assert kept[Verdict.SKIP] > 0
    assert kept[Verdict.CLOSE] + kept[Verdict.REVERSE] < free[Verdict.CLOSE] + free[Verdict.REVERSE]


def test_every_decision_on_a_flip_is_made_again_from_the_log(protected: Sequence[Envelope]) -> None:
    log = ListLog()
    log.append(protected)
    redecision = Redecision()
    list(redecision.steps(log.read()))
    assert redecision.is_equal
    assert redecision.made["DecisionMade"] > 0


@pytest.mark.parametrize("part", [0.3, 0.6])
def test_a_run_that_stopped_goes_on_to_the_same_events(protected: Sequence[Envelope], part: float) -> None:
    """Rows and times of flips are folded from the log."""
    first = [one.meta.correlation_id for one in protected]
    end = round(len(first) * part)
    while first[end] == first[end - 1]:
        end += 1
    log = ListLog()
    log.append(protected[:end])
    assert World().fold_all(protected[:end]).portfolio.rows
    assert play(plan(TAPES, with_flips(RULES)), log) == protected


def test_rules_of_an_instance_that_are_off_leave_the_decisions_as_they_are() -> None:
    """Without a jitter of the slippage, which is drawn by the log's id."""
    usual = replace(with_flips(FlipSettings()), simulation=SimulationSettings(slippage_jitter=Decimal(0)))
    off = replace(usual, strategies=(replace(FAST, flips=OwnFlipSettings(repeats=0, hold_seconds=0)),))
    one, other = (decisions(play(plan(TAPES[:1], settings), ListLog())) for settings in (usual, off))
    assert one == other
    assert len(one) > 1


def decisions(envelopes: Sequence[Envelope]) -> list[DecisionMade]:
    return [one.event for one in envelopes if isinstance(one.event, DecisionMade)]


def test_own_limits_of_a_what_if_are_those_of_its_settings_file() -> None:
    text = "quick=trend fast=5 minimum_trend=-1 minimum_reward_to_risk=0.8 flips.hold_seconds=600 flips.repeats=2"
    change = change_of([], [text], None)
    settings = change.settings(Settings())
    (one,) = settings.strategies
    assert one.own_limits == {
        "minimum_trend": -1.0,
        "minimum_reward_to_risk": Decimal("0.8"),
        "flips.repeats": 2,
        "flips.hold_seconds": 600,
    }
    assert one.parameters == {"fast": "5"}
    written = settings_text(WhenceSettings(), change, settings, "found")
    assert trading_settings(tomllib.loads(written)["trading"]).strategies == (one,)
