"""Repeat confirmation: a strategy's entry opens a position only where it is the n-th in a row (`repeats`).

A row is of one strategy, instrument and direction, while the strategy holds no position there. It ends with an entry in
the other direction, with an entry that is decided on, and after `repeat_seconds` without one. The member votes only
where `repeats` is above 1, so decisions without the setting keep their bytes.
"""

from __future__ import annotations

from datetime import timedelta

from domain.committees.case import Case
from domain.committees.member import Judgement, Member, judgement
from domain.known_intent import known_intent
from domain.settings import IntentSettings
from domain.signal import Chamber, SignalIntent


def repeat_members(case: Case) -> tuple[Member, ...]:
    """The member, where the entry would open a position and has to be repeated before."""
    signal = case.entry.origin
    if signal is None or _settings(case).repeats <= 1:
        return ()
    if known_intent(signal, case.entry.owner, case.view.portfolio) is not SignalIntent.ENTRY:
        return ()
    return (MEMBER,)


def repeats(case: Case) -> Judgement:
    """So many of the strategy's recorded entries in a row have this direction; `row` counts this one, too.

    `held` is the time from the candle of the row's first entry to that of this one.
    """
    signal, least = case.signal, _settings(case).repeats
    found = case.view.portfolio.repeated.get((signal.strategy, signal.instrument))
    row, held = (0, timedelta()) if found is None else (found.count, found.last_at - found.first_at)
    return judgement(
        {"ENTRY_NOT_REPEATED": row < least},
        row=row,
        repeats=least,
        first_at=None if found is None else found.first_at,
        held=str(held),
        repeat_seconds=_settings(case).repeat_seconds,
    )


MEMBER = Member("entry_repeats", Chamber.ALPHA, repeats)
"""The member that votes on an entry that has to be repeated."""


def _settings(case: Case) -> IntentSettings:
    return case.view.settings.settings.intents_of(case.entry.owner)
