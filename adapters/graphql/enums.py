"""The domain's enums as GraphQL enums, with the values of the log."""

from __future__ import annotations

import inspect
from enum import Enum, StrEnum

import strawberry

from adapters.dead_letters.state import LetterSource, LetterState
from adapters.processes.announcement import ProcessRole
from adapters.processes.running import ProcessState
from domain.arms.split import Arm
from domain.closing import CloseReason
from domain.direction import Direction, Purpose, Side
from domain.grid import GridEnd
from domain.held import Review
from domain.model import ModelRole
from domain.order import Liquidity, OrderStatus, OrderType
from domain.scored import ScoreOutcome
from domain.signal import Chamber, Tier, Verdict
from domain.strategies import Intent
from projections.bookkeeping import BuildKind, BuildStatus
from projections.questions.performance import Dimension
from projections.severity import Severity


class SortDirection(StrEnum):
    """ASC: the least or earliest first. DESC: the greatest or latest first."""

    ASC = "ASC"
    DESC = "DESC"


ENUMS: tuple[type[Enum], ...] = (
    Arm,
    BuildKind,
    BuildStatus,
    Chamber,
    CloseReason,
    Dimension,
    Direction,
    GridEnd,
    Intent,
    LetterSource,
    LetterState,
    ModelRole,
    ProcessRole,
    ProcessState,
    ScoreOutcome,
    Liquidity,
    OrderStatus,
    OrderType,
    Purpose,
    Review,
    Severity,
    Side,
    SortDirection,
    Tier,
    Verdict,
)

_REGISTERED: set[type[Enum]] = set()


def register_enum(kind: type[Enum], name: str | None = None) -> None:
    """Registers an enum with GraphQL, by this name or its own, with its docstring as the description; idempotent."""
    if kind not in _REGISTERED:
        strawberry.enum(kind, name=name, description=inspect.cleandoc(kind.__doc__ or ""))
        _REGISTERED.add(kind)


def registered_enums() -> frozenset[type[Enum]]:
    """Every enum of the schema, once the modules of its types are imported."""
    return frozenset(_REGISTERED)


for _kind in ENUMS:
    register_enum(_kind)
