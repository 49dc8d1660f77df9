"""Repeat confirmation: a strategy's entry opens a position only where it is the n-th in a row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.committees import MEMBERS, decide
from domain.committees.margins import margins_of
from domain.direction import Direction
from domain.settings import IntentSettings, OwnIntentSettings, Settings, StrategySettings
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.strategies import Intent
from tests.domain.committees.test_policy import a_view, holding
from tests.domain.history import NOW, History, a_decision, a_signal, an_open_day
from tests.replacing import replace

FIVE = timedelta(minutes=5)
SHORT = a_signal(direction=Direction.SHORT, trend=-0.5, stop=a_signal().target, target=a_signal().stop)


def needing(repeats: int = 3, **given: Any) -> Settings:
    return Settings(intents=IntentSettings(repeats=repeats, **given))


def seen(history: History, *signals: SignalDetected) -> History:
    """These signals were detected on candles five minutes apart, and the last one closed now."""
    for number, signal in enumerate(signals):
        at = NOW - FIVE * (len(signals) - 1 - number)
        history.signal(replace(signal, candle_closed_at=at), chain=f"s{number}")
    return history


def decided(history: History, signal: SignalDetected | None = None) -> DecisionMade:
    return decide(signal or a_signal(), a_view(history))


def test_an_entry_is_skipped_until_it_is_the_nth_in_a_row_with_the_time_it_was_held() -> None:
    early = decided(seen(an_open_day(needing()), *[a_signal()] * 2))
    assert (early.verdict, early.reasons) == (Verdict.SKIP, ("ENTRY_NOT_REPEATED",))
    (against,) = (one for one in early.votes if not one.approves)
    assert (against.member, against.figures["row"], against.figures["held"]) == (
        "entry_repeats",
        "2",
        "0:05:00",
    )
    (margin,) = margins_of(against)
    assert margin.needed == "entries in a row of at least 3; it was 2, 1 too low"
    third = decided(seen(an_open_day(needing()), *[a_signal()] * 3))
    assert third.verdict is Verdict.ENTER
    (vote,) = (one for one in third.votes if one.member == "entry_repeats")
    assert (vote.figures["row"], vote.figures["held"]) == ("3", "0:10:00")


@pytest.mark.parametrize("repeats", [0, 1])
def test_without_the_setting_the_first_entry_is_decided_on_by_the_usual_members(repeats: int) -> None:
    decision = decided(seen(an_open_day(needing(repeats)), a_signal()))
    assert decision.verdict is Verdict.ENTER
    assert [one.member for one in decision.votes] == [one.name for one in MEMBERS]


def test_an_entry_in_the_other_direction_ends_the_row() -> None:
    history = seen(an_open_day(needing(2)), a_signal(), SHORT, a_signal())
    assert decided(history).reasons == ("ENTRY_NOT_REPEATED",)


def test_an_exit_neither_continues_the_row_nor_ends_it() -> None:
    leaving = replace(a_signal(), intent=Intent.EXIT)
    assert decided(seen(an_open_day(needing(2)), a_signal(), leaving, a_signal())).verdict is Verdict.ENTER
    assert decided(seen(an_open_day(needing(2)), leaving, a_signal())).verdict is Verdict.SKIP


def test_an_entry_of_another_instance_is_not_of_the_row() -> None:
    other = replace(a_signal(), strategy="other")
    assert decided(seen(an_open_day(needing(2)), other, a_signal())).verdict is Verdict.SKIP


@pytest.mark.parametrize(
    ("longest", "verdict"), [(299, Verdict.SKIP), (300, Verdict.ENTER), (0, Verdict.ENTER)]
)
def test_a_row_ends_after_the_longest_time_between_two_entries(longest: int, verdict: Verdict) -> None:
    history = seen(an_open_day(needing(2, repeat_seconds=longest)), *[a_signal()] * 2)
    assert decided(history).verdict is verdict


def test_an_entry_that_was_decided_on_ends_its_row() -> None:
    history = seen(an_open_day(needing(2)), *[a_signal()] * 2)
    history.signal(a_decision(), chain="s1")
    assert decided(seen(history, a_signal())).reasons == ("ENTRY_NOT_REPEATED",)


def test_an_entry_along_the_strategys_own_position_needs_no_repeats() -> None:
    decision = decided(holding(an_open_day(needing())))
    assert decision.reasons == ("MAX_POSITIONS_PER_INSTRUMENT",)
    assert holding(an_open_day(needing())).portfolio().repeated == {}


def test_an_instance_has_a_number_of_its_own() -> None:
    own = StrategySettings("trend", intents=OwnIntentSettings(repeats=2))
    assert decided(seen(an_open_day(Settings(strategies=(own,))), a_signal())).verdict is Verdict.SKIP
    off = replace(needing(), strategies=(StrategySettings("trend", intents=OwnIntentSettings(repeats=0)),))
    assert decided(seen(an_open_day(off), a_signal())).verdict is Verdict.ENTER
