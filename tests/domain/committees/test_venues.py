"""The choice among venues in a decision: its figures, and one limit of positions for all equal instruments."""

from __future__ import annotations

from typing import Any

import pytest

from domain.committees import decide
from domain.committees.margins import margins_of
from domain.settings import RiskSettings, Settings
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.venues.choice import VenueCandidate, VenueChoice
from tests.domain.committees.test_policy import a_view
from tests.domain.history import BTC, D, History, a_decision, a_signal, an_instrument, an_open_day, an_opening

OTHER = "XBTUSDT-LINEAR.BYBIT"
CHOICE = VenueChoice(
    proposed=OTHER,
    price=D(100),
    stop=D(98),
    target=D(106),
    candidates=(
        VenueCandidate(instrument=OTHER, cost_bps=D("21.0055")),
        VenueCandidate(instrument=BTC, cost_bps=D("13.5")),
        VenueCandidate(instrument="BTCUSDT-LINEAR.OKX", why="BOOK_STALE"),
    ),
)
SIGNAL = a_signal(venue=CHOICE)


def a_day(**risk: Any) -> History:
    return an_open_day(Settings(risk=RiskSettings(**risk))).listed(an_instrument(OTHER, base="BTC"))


def decided(history: History, signal: SignalDetected = SIGNAL) -> DecisionMade:
    return decide(signal, a_view(history))


def held_elsewhere(**risk: Any) -> History:
    history = a_day(**risk).signal(a_signal(strategy="scalping"), a_decision())
    return history.position(an_opening(instrument=OTHER), instrument=OTHER)


def test_a_decision_has_the_costs_of_the_candidates_and_why_the_others_are_none() -> None:
    decision = decided(a_day())
    assert decision.verdict is Verdict.ENTER
    (vote,) = [one for one in decision.votes if one.member == "venue"]
    assert vote.figures == {
        "proposed": OTHER,
        "chosen": BTC,
        "costs_bps": f"{OTHER} 21.0055, {BTC} 13.5",
        "excluded": "BTCUSDT-LINEAR.OKX BOOK_STALE",
        "held": "0",
        "most": "1",
    }


def test_a_position_in_an_equal_instrument_refuses_the_entry_alone() -> None:
    decision = decided(held_elsewhere())
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, ("EQUAL_INSTRUMENT_HELD",))
    (vote,) = [one for one in decision.votes if not one.approves]
    (margin,) = margins_of(vote)
    assert margin.needed.startswith("positions and entries in equal instruments of below 1")


def test_a_limit_of_two_positions_permits_one_in_each_of_two_equal_instruments() -> None:
    decision = decided(held_elsewhere(max_positions_per_instrument=2))
    assert decision.verdict is Verdict.ENTER


@pytest.mark.parametrize("venue", [None, VenueChoice(proposed=OTHER, price=D(1), stop=D(1), target=D(1))])
def test_nobody_votes_on_a_choice_where_there_was_none(venue: VenueChoice | None) -> None:
    decision = decided(held_elsewhere(), a_signal(venue=venue))
    assert "venue" not in [one.member for one in decision.votes]
    assert decision.verdict is Verdict.ENTER
