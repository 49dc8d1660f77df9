"""The domain's own words as GraphQL enums: each value is spelled as in the log."""

from __future__ import annotations

import inspect
from enum import Enum, StrEnum

import strawberry

from domain.direction import Direction, Purpose, Side
from domain.order import Liquidity, OrderStatus, OrderType
from domain.signal import Chamber, Tier, Verdict
from domain.strategies import Intent
from projections.alerts import Severity
from projections.bookkeeping import BuildKind, BuildStatus
from projections.questions.performance import Dimension


class SortDirection(StrEnum):
    """ASC: the least, or the earliest, first. DESC: the other way round."""

    ASC = "ASC"
    DESC = "DESC"


WORDS: tuple[type[Enum], ...] = (
    BuildKind,
    BuildStatus,
    Chamber,
    Dimension,
    Direction,
    Intent,
    Liquidity,
    OrderStatus,
    OrderType,
    Purpose,
    Severity,
    Side,
    SortDirection,
    Tier,
    Verdict,
)

_TOLD: set[type[Enum]] = set()


def told(kind: type[Enum]) -> None:
    """Makes an enum known to GraphQL, with its docstring as its description; again it changes nothing."""
    if kind not in _TOLD:
        strawberry.enum(kind, description=inspect.cleandoc(kind.__doc__ or ""))
        _TOLD.add(kind)


for _kind in WORDS:
    told(_kind)
