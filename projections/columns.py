"""The column types of read models, with the same values on PostgreSQL and SQLite.

Money keeps every recorded digit: it is NUMERIC on PostgreSQL, and text with a numeric collation on SQLite, which has no
decimal type. Times are UTC to the microsecond. Counts and ordinals are whole numbers.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ColumnElement,
    Float,
    LargeBinary,
    Numeric,
    Text,
    cast,
    extract,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from domain.errors import StoreChanged

COLLATION = "decimal"
"""The name of the collation that orders money on SQLite."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Money(TypeDecorator[Decimal]):
    """An exact decimal: prices, quantities, sums of money."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """NUMERIC without precision on PostgreSQL, text ordered by its numeric value on SQLite."""
        plain = Numeric() if dialect.name == "postgresql" else Text(collation=COLLATION)
        return dialect.type_descriptor(plain)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """The decimal itself on PostgreSQL, its text without exponent on SQLite."""
        return value if value is None or dialect.name == "postgresql" else format(value, "f")

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """None on PostgreSQL, whose driver returns decimals: a page of a list has hundreds of them."""
        return None if dialect.name == "postgresql" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """The decimal in SQLite's text, with all recorded digits, trailing zeros included."""
        if value is None:
            return None
        try:
            return Decimal(value)
        except (ArithmeticError, TypeError, ValueError):
            raise changed("an amount") from None


class Moment(TypeDecorator[datetime]):
    """A UTC time: TIMESTAMPTZ, or microseconds since 1970 on SQLite."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """TIMESTAMPTZ on PostgreSQL, BIGINT elsewhere."""
        plain = TIMESTAMP(timezone=True) if dialect.name == "postgresql" else BigInteger()
        return dialect.type_descriptor(plain)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """The time itself on PostgreSQL, microseconds since 1970 on SQLite."""
        return value if value is None or dialect.name == "postgresql" else microseconds(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """One call for each time on PostgreSQL, whose driver returns times in the session's time zone."""
        return _in_utc if dialect.name == "postgresql" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """The time in SQLite's number, aware and in UTC."""
        if value is None:
            return None
        try:
            moment: datetime = _EPOCH + value * _MICROSECOND
        except (ArithmeticError, TypeError):
            raise changed("a time") from None
        return moment


def changed(what: str) -> StoreChanged:
    """The error for a value that the program never writes: a column of SQLite holds any."""
    return StoreChanged(
        f"the store holds a value that is not {what}, where one belongs: it was changed from outside; build its read "
        "models again with `whence projections rebuild all --switch`"
    )


def _in_utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


class Packed(TypeDecorator[Any]):
    """JSON that is long and never part of a condition: JSONB, which PostgreSQL compresses itself, or compressed text on
    SQLite."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """JSONB on PostgreSQL, BLOB elsewhere."""
        plain = JSONB() if dialect.name == "postgresql" else LargeBinary()
        return dialect.type_descriptor(plain)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """The value itself on PostgreSQL, `packed` elsewhere."""
        return value if value is None or dialect.name == "postgresql" else packed(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """The value as it was put."""
        if value is None or dialect.name == "postgresql":
            return value
        try:
            return json.loads(zlib.decompress(value))
        except (zlib.error, TypeError, ValueError):
            raise changed("packed JSON") from None


def plain_json(value: Any) -> str:
    """Canonical JSON: sorted keys and no spaces, so that equal values have equal text."""
    return _ENCODED(value)


_ENCODED = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
"""Made once: `json.dumps` makes an encoder for each value."""


def packed(value: Any) -> bytes:
    """Canonical JSON, compressed by zlib."""
    return zlib.compress(plain_json(value).encode(), 1)


def recorded(column: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """The column without a conversion to decimals and times: money as text in plain notation, a time as whole
    microseconds since 1970, all other values as they are. SQLite's values are those of the file, whatever they are.
    """
    if isinstance(column.type, Money):
        return cast(column, Text) if dialect == "postgresql" else type_coerce(column, Text)
    if isinstance(column.type, Moment):
        whole = cast(extract("epoch", column) * 1_000_000, BigInteger)
        return whole if dialect == "postgresql" else type_coerce(column, BigInteger)
    return column


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970, computed without rounding."""
    return (moment - _EPOCH) // _MICROSECOND


@dataclass(frozen=True, slots=True)
class Kind:
    """A column's type, and whether the column may be NULL."""

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
PACKED_JSON = Kind("packed json", Packed)
JSON_TEXT = Kind("json", lambda: JSON().with_variant(JSONB(), "postgresql"))


def optional(kind: Kind) -> Kind:
    """The same kind, nullable."""
    return Kind(f"{kind.name}?", kind.type, nullable=True)
