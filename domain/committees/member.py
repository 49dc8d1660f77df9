"""A member of a committee, and its judgement of a case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Generic, TypeVar

from msgspec import Struct, field

from domain.committees.case import Case
from domain.signal import Chamber, Vote


class Judgement(Struct, frozen=True, gc=False):
    """Whether a member approves, its reasons if it does not approve, and every figure that it read, by name."""

    approves: bool
    reasons: tuple[str, ...] = ()
    figures: Mapping[str, str] = field(default_factory=dict[str, str])


Judge = Callable[[Case], Judgement]
"""A pure function of its case. If it raises, the vote is no, with the name of the error's class as its reason."""


class Member(Struct, frozen=True):
    """A member of one of the two chambers: its name in votes and reports, and its function of judgement."""

    name: str
    chamber: Chamber
    judge: Judge


_Read = TypeVar("_Read")


class Rule(Struct, Generic[_Read], frozen=True):
    """A member that can be off, and whether it votes: by settings, or by the case."""

    member: Member
    is_on: Callable[[_Read], bool]


Figure = Decimal | float | str | datetime | None


def judgement(faults: Mapping[str, bool], **figures: Figure) -> Judgement:
    """Approves if no value of `faults` is true; the keys of the true values, in their order, are the reasons."""
    for name, figure in figures.items():
        kind = type(figure)
        if kind is Decimal and "E" not in (text := str(figure)):
            figures[name] = text
        elif kind is int:
            figures[name] = str(figure)
        elif kind is not str:
            figures[name] = plain(figure)
    texts: Any = figures
    if True not in faults.values():
        return Judgement(approves=True, figures=texts)
    reasons = tuple([reason for reason, fault in faults.items() if fault])
    return Judgement(approves=False, reasons=reasons, figures=texts)


def vote(member: Member, case: Case) -> Vote:
    """The member's vote. A member that raises votes no, and the other members still vote."""
    try:
        judged = member.judge(case)
    except Exception as error:  # noqa: BLE001  (fail closed: the class is recorded, its text may hold a secret)
        judged = Judgement(approves=False, reasons=(type(error).__name__,))
    return Vote(
        member=member.name,
        chamber=member.chamber,
        approves=judged.approves,
        reasons=judged.reasons,
        figures=judged.figures,
    )


def plain(figure: Figure) -> str:
    """A figure as text: decimals without an exponent, times in ISO 8601, empty for None.

    Uses `format`, which takes twice as long as `str`, only where `str` would write an exponent.
    """
    if isinstance(figure, Decimal):
        text = str(figure)
        return format(figure, "f") if "E" in text else text
    if isinstance(figure, str):
        return figure
    if isinstance(figure, datetime):
        return _of_utc(figure) if figure.tzinfo is UTC else figure.isoformat()
    return "" if figure is None else _of_float(repr(figure))


@lru_cache(maxsize=64)
def _of_utc(figure: datetime) -> str:
    """Cached, because several members name the time of the decision. Equal times of one zone have the same text."""
    return figure.isoformat()


@lru_cache(maxsize=4096)
def _of_float(figure: str) -> str:
    """Cached, because most floats recur in every vote. The key is text, because 1 == 1.0 and 0.0 == -0.0."""
    return plain(Decimal(figure))
