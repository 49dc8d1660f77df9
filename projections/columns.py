"""What a column of a read model holds, the same on PostgreSQL and on SQLite.

Money keeps every digit it was recorded with: NUMERIC on PostgreSQL; text with a numeric collation on SQLite, which
has no decimals. Moments are UTC to the microsecond. Positions and counts are whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Float,
    LargeBinary,
    Numeric,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

COLLATION = "decimal"
"""The name of the collation that orders money on SQLite."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Money(TypeDecorator[Decimal]):
    """An exact decimal: prices, quantities, sums of money."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """NUMERIC without bounds, or text that is ordered by its value."""
        plain = Numeric() if dialect.name == "postgresql" else Text(collation=COLLATION)
        return dialect.type_descriptor(plain)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """PostgreSQL takes decimals as they are."""
        return value if value is None or dialect.name == "postgresql" else format(value, "f")

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """The decimal as it was recorded, to the last zero."""
        return value if value is None or isinstance(value, Decimal) else Decimal(value)


class Moment(TypeDecorator[datetime]):
    """A UTC time: TIMESTAMPTZ, or microseconds since 1970 on SQLite."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """TIMESTAMPTZ on PostgreSQL, BIGINT elsewhere."""
        plain = TIMESTAMP(timezone=True) if dialect.name == "postgresql" else BigInteger()
        return dialect.type_descriptor(plain)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """PostgreSQL takes times as they are."""
        return value if value is None or dialect.name == "postgresql" else microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.astimezone(UTC) if isinstance(value, datetime) else _EPOCH + value * _MICROSECOND


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


@dataclass(frozen=True, slots=True)
class Kind:
    """A column's type, and whether it may be empty."""

    name: str
    type: Callable[[], TypeEngine[Any]]
    nullable: bool = False


TEXT = Kind("text", Text)
MONEY = Kind("money", Money)
MOMENT = Kind("moment", Moment)
COUNT = Kind("count", BigInteger)
FLAG = Kind("flag", Boolean)
FIGURE = Kind("figure", lambda: Float(53))
BYTES = Kind("bytes", LargeBinary)
JSON_TEXT = Kind("json", lambda: JSON().with_variant(JSONB(), "postgresql"))


def optional(kind: Kind) -> Kind:
    """The same, or nothing."""
    return Kind(f"{kind.name}?", kind.type, nullable=True)
