"""The member that refuses an entry while another engine holds the same bet, or may hold it.

It votes on signals where a route is open in the entry's instrument or an equal one (`domain/routed.py`), and leaves no
trace in other decisions. A route that the other engine has not answered counts: silence is no refusal.
"""

from __future__ import annotations

from domain.committees.case import Case
from domain.committees.member import Judgement, Member, judgement
from domain.routed import OpenRoute
from domain.signal import Chamber

NAME = "route"


def route_members(case: Case) -> tuple[Member, ...]:
    """The member, where it votes."""
    return (MEMBER,) if case.entry.origin is not None and _open(case) else ()


def route(case: Case) -> Judgement:
    """No route is open. Its figures are the first one's chain, instrument, and the signal's id in the other log."""
    found = _open(case)
    return judgement(
        {"ROUTE_OPEN": bool(found)},
        open=len(found),
        chain=found[0].chain if found else "",
        instrument=found[0].routed.instrument if found else "",
        taken_as=found[0].taken_as if found else "",
    )


MEMBER = Member(NAME, Chamber.RISK, route)


def _open(case: Case) -> tuple[OpenRoute, ...]:
    portfolio = case.view.portfolio
    if not portfolio.routes:
        return ()
    name = case.entry.instrument
    return portfolio.routed_to(name, *case.view.settings.settings.venues.equal_to(name))
