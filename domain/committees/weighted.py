"""The member that judges the weight of an entry.

It votes only where a row of the weights in force fits the entry, so an entry without one keeps its bytes. A weight of 0
enters nothing, whichever scale the weights have.
"""

from __future__ import annotations

from domain.arithmetic import ZERO
from domain.committees.case import Case
from domain.committees.member import Judgement, Member, judgement
from domain.committees.weights import weight_of
from domain.signal import Chamber


def weight_members(case: Case) -> tuple[Member, ...]:
    """The member, where a row fits the entry."""
    return () if weight_of(case.entry, case.view) is None else (MEMBER,)


def weight(case: Case) -> Judgement:
    """The weight is above 0; `row` is what it is of, as strategy/instrument/regime, and `scales` what it scales."""
    found = weight_of(case.entry, case.view)
    if found is None:
        raise ValueError("no weight fits the entry")
    return judgement(
        {"WEIGHT_ZERO": found.weight <= ZERO},
        weight=found.weight,
        row=found.row,
        scales=case.view.settings.settings.weights.scales.value,
    )


MEMBER = Member("weight", Chamber.ALPHA, weight)
"""The member that votes on an entry with a weight."""
