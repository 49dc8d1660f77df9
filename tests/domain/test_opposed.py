"""The positions and entries that a signal opposes, their owners, and the exits that are recorded."""

from __future__ import annotations

import pytest

from domain.direction import Direction
from domain.opposed import is_worth_recording, opposed, taken_out
from domain.order import OrderType
from domain.portfolio import EMPTY
from domain.settings import Settings
from domain.signal import SignalDetected
from domain.strategies import Intent
from tests.domain.history import (
    NOW,
    D,
    History,
    a_decision,
    a_signal,
    an_open_day,
    an_opening,
    an_order,
)

SHORT = Direction.SHORT
OUT = a_signal(direction=SHORT, intent=Intent.EXIT)
IN = a_signal(direction=SHORT)


def held_by(strategy: str, settings: Settings | None = None) -> History:
    return an_open_day(settings).signal(a_signal(strategy=strategy), a_decision()).position(an_opening())


def test_an_exit_is_recorded_only_where_its_owner_has_something_to_exit() -> None:
    history = an_open_day()
    assert is_worth_recording(IN, "trend", EMPTY, NOW)
    assert not is_worth_recording(OUT, "trend", EMPTY, NOW)
    assert not is_worth_recording(OUT, "trend", history.portfolio(), NOW)
    history.signal(a_signal(), a_decision()).order("abc-e1", an_order())
    assert is_worth_recording(OUT, "trend", history.portfolio(), NOW), "an entry waits"
    history.position(an_opening())
    assert is_worth_recording(OUT, "trend", history.portfolio(), NOW)
    assert not is_worth_recording(OUT, "other", history.portfolio(), NOW), (
        "another strategy owns the position"
    )
    assert not is_worth_recording(a_signal(intent=Intent.EXIT), "trend", history.portfolio(), NOW), (
        "the position has the direction of the signal"
    )


@pytest.mark.parametrize(
    ("settings", "signal", "owner", "taken"),
    [
        (Settings(), OUT, "trend", True),
        (Settings(), IN, "trend", True),
        (Settings(), OUT, "other", False),
        (Settings(), IN, "other", False),
        (Settings(reverse_others=True), OUT, "other", False),
        (Settings(reverse_others=True), IN, "other", True),
        (Settings(reverse_others=True), OUT, "trend", True),
    ],
)
def test_only_what_the_owner_holds_is_taken_out_unless_an_entry_may_reverse_others(
    settings: Settings, signal: SignalDetected, owner: str, taken: bool
) -> None:
    portfolio = held_by("trend", settings).portfolio()
    assert opposed(signal, portfolio).owners == ("trend",)
    assert (taken_out(signal, owner, portfolio).held is not None) == taken


def test_owners_are_listed_once_with_the_owner_of_the_position_first() -> None:
    history = an_open_day().order("zzz-e1", an_order(type=OrderType.LIMIT, limit_price=D(99)))
    history.signal(a_signal(), a_decision()).order("abc-e1", an_order()).position(an_opening())
    against = opposed(OUT, history.portfolio())
    assert against.owners == ("trend", "person")
    assert (against.of("person").held, tuple(against.of("person").waiting)) == (None, ("zzz-e1",))
    assert against.of("nobody").is_empty
