"""Scalars beyond GraphQL's own: exact decimals, UTC times, ordinals of the log and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

from domain.number import number

Ordinal = NewType("Ordinal", int)
"""An event's place in the log, counted from 1; 0 is the place before the first event."""

_LARGEST = 2**53 - 1
_DIGITS = 20
"""The most digits of an ordinal that are converted, leading zeros included."""
_OFFSET = len("+00:00")
_SHOWN = 60
"""The number of characters of an invalid value that the error message shows."""


def decimal_text(value: Decimal) -> str:
    """The decimal in plain notation, with all recorded digits."""
    return format(value, "f")


def read_decimal(value: object) -> Decimal:
    """Reads a decimal from a text or a whole number; raises GraphQLError for a float, which may have lost digits."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        with suppress(ValueError):
            return number(str(value), Decimal)
    raise GraphQLError(f'{_shown(value)} is not a decimal; write it as text, like "0.015"')


def time_text(value: datetime) -> str:
    """The time in UTC as text that ends in Z, to the microsecond."""
    if value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    return f"{value.isoformat(timespec='microseconds')[:-_OFFSET]}Z"


def read_time(value: object) -> datetime:
    """Reads a time from an ISO 8601 text; raises GraphQLError for a text without time zone."""
    if isinstance(value, str):
        with suppress(ValueError, OverflowError):
            read = datetime.fromisoformat(value)
            if read.tzinfo is not None:
                return read.astimezone(UTC)
    raise GraphQLError(
        f"{_shown(value)} is not a time with its time zone; write it like 2025-06-30T14:00:00Z"
    )


def read_ordinal(value: object) -> Ordinal:
    """Reads an ordinal from a JSON number or a text of digits; raises GraphQLError for any other value."""
    if isinstance(value, str) and len(value) <= _DIGITS and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST:
        return Ordinal(value)
    raise GraphQLError(f"{_shown(value)} is not an ordinal of the log: a whole number from 0 to {_LARGEST}")


def _shown(value: object) -> str:
    """The beginning of an invalid value. A whole number of thousands of digits has no text in Python."""
    with suppress(ValueError):
        return repr(value if isinstance(value, str) else str(value))[:_SHOWN]
    return "the number"


DECIMAL = strawberry.scalar(
    name="Decimal",
    description=(
        "An exact decimal as text in plain notation with all recorded digits, as in `0.0150`. Prices are in "
        "quote currency, quantities in base currency, money in the account's currency. As "
        "input: text or a whole number."
    ),
    specified_by_url="https://speleotrove.com/decimal/daconvs.html",
    serialize=decimal_text,
    parse_value=read_decimal,
)
DATE_TIME = strawberry.scalar(
    name="DateTime",
    description=(
        "A time in UTC, ISO 8601 to the microsecond: `2025-06-30T14:00:00.000000Z`. As input: in any time zone."
    ),
    specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
    serialize=time_text,
    parse_value=read_time,
)
ORDINAL = strawberry.scalar(
    name="Ordinal",
    description=(
        "An ordinal of the log: 1, 2, 3 … in the order of its events. It is a JSON number, exact up to 2^53 - 1. "
        "As input: a number, or its digits as text."
    ),
    serialize=int,
    parse_value=read_ordinal,
)

SCALARS: Mapping[Any, ScalarDefinition] = {Decimal: DECIMAL, datetime: DATE_TIME, Ordinal: ORDINAL}

__all__ = ["JSON", "SCALARS", "Ordinal"]
