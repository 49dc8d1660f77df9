"""The member that judges whether the leverage of an entry is known.

It votes where the leverage follows the volatility, or a change of it still waits for its outcome, so it leaves no trace
in the decisions of an account with one leverage.
"""

from __future__ import annotations

from domain.committees.case import Case
from domain.committees.member import Judgement, Member, judgement
from domain.leverage.change import Leverage
from domain.signal import Chamber


def leverage_members(case: Case) -> tuple[Member, ...]:
    """The member, where it votes."""
    is_on = case.view.settings.settings.leverage.is_on
    return (MEMBER,) if is_on or _requested(case) is not None else ()


def leverage_known(case: Case) -> Judgement:
    """No change of the instrument's leverage waits for its outcome: margin and liquidation could not be computed."""
    waiting = _requested(case)
    return judgement(
        {"LEVERAGE_UNCERTAIN": waiting is not None},
        leverage=case.view.portfolio.leverage_in_force(case.entry.instrument),
        requested="" if waiting is None else str(waiting.requested),
    )


MEMBER = Member("leverage_known", Chamber.RISK, leverage_known)


def _requested(case: Case) -> Leverage | None:
    held = case.view.portfolio.leverages.get(case.entry.instrument)
    return None if held is None or held.state.requested is None else held.state
