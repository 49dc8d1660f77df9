"""The member that judges an entry for which there was a choice among equal instruments.

A position in any of them is the same bet, so all of them have the limit of one instrument. It votes where the signal
holds a choice with candidates (`SignalDetected.venue`), and leaves no trace in other decisions.
"""

from __future__ import annotations

from domain.committees.case import Case
from domain.committees.member import Judgement, Member, judgement
from domain.signal import Chamber
from domain.venues.choice import VenueCandidate

NAME = "venue"
ROUTED = "ROUTED"
"""The reason of an entry that another engine makes, because it is cheapest there."""


def venue_members(case: Case) -> tuple[Member, ...]:
    """The member, where it votes."""
    origin = case.entry.origin
    return () if origin is None or origin.venue is None or not origin.venue.candidates else (MEMBER,)


def venue(case: Case) -> Judgement:
    """The positions and working entries in all equal instruments, with one more, are within the limit of one, and the
    entry is cheapest in an instrument that this engine trades.

    Its figures are the proposed and the chosen instrument, the cost of each candidate in basis points, and why the
    others are none.
    """
    choice = case.signal.venue
    if choice is None:
        raise ValueError("the signal has no choice among venues")
    cheapest, venues = choice.cheapest, case.view.settings.settings.venues
    elsewhere = (
        "" if cheapest is None or not venues.is_elsewhere(cheapest.instrument) else cheapest.instrument
    )
    names = [one.instrument for one in choice.candidates]
    held = sum(case.exposures.count(name) for name in names)
    most = case.view.risk.max_positions_per_instrument
    return judgement(
        {"EQUAL_INSTRUMENT_HELD": held >= most, ROUTED: bool(elsewhere)},
        proposed=choice.proposed,
        chosen=elsewhere or case.entry.instrument,
        costs_bps=", ".join(f"{one.instrument} {_cost(one)}" for one in choice.candidates if not one.why),
        excluded=", ".join(f"{one.instrument} {one.why}" for one in choice.candidates if one.why),
        held=held,
        most=most,
    )


MEMBER = Member(NAME, Chamber.RISK, venue)


def _cost(candidate: VenueCandidate) -> str:
    return "unknown" if candidate.cost_bps is None else f"{candidate.cost_bps:f}"
