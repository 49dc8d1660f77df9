"""The committees: two chambers, Alpha (is the trade worthwhile?) and Risk (is it permitted?), and their policy."""

from domain.committees.case import Case
from domain.committees.member import Judge, Judgement, Member
from domain.committees.policy import (
    EXIT_MEMBERS,
    MEMBERS,
    POLICY_VERSION,
    REVERSAL_MEMBERS,
    Flat,
    decide,
    decide_reversal,
    withdrawn_reversal,
)
from domain.committees.view import View

__all__ = [
    "EXIT_MEMBERS",
    "MEMBERS",
    "POLICY_VERSION",
    "REVERSAL_MEMBERS",
    "Case",
    "Flat",
    "Judge",
    "Judgement",
    "Member",
    "View",
    "decide",
    "decide_reversal",
    "withdrawn_reversal",
]
