"""The domain's own words as GraphQL enums: each value is spelled as in the log."""

from __future__ import annotations

import inspect
from enum import Enum, StrEnum

import strawberry

from domain.order import Liquidity, OrderStatus, OrderType, Purpose, Side
from domain.signal import Chamber, Tier, Verdict
from domain.strategies import Direction, Intent


class SortDirection(StrEnum):
    """ASC: the least, or the earliest, first. DESC: the other way round."""

    ASC = "ASC"
    DESC = "DESC"


WORDS: tuple[type[Enum], ...] = (
    Chamber,
    Direction,
    Intent,
    Liquidity,
    OrderStatus,
    OrderType,
    Purpose,
    Side,
    SortDirection,
    Tier,
    Verdict,
)


def told(kind: type[Enum]) -> None:
    """Makes an enum known to GraphQL, with its docstring as its description."""
    strawberry.enum(kind, description=inspect.cleandoc(kind.__doc__ or ""))


for _kind in WORDS:
    told(_kind)
