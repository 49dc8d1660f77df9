"""The scalars that GraphQL does not have: exact decimals, UTC times, ordinals of the log, open shapes."""

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
"""A place in the log, or how many events there are up to it."""

_LARGEST = 2**53 - 1
_SHOWN = 60
"""How much of what was wrong is said back."""


def decimal_text(value: Decimal) -> str:
    """Plain notation, every digit as it was recorded."""
    return format(value, "f")


def read_decimal(value: object) -> Decimal:
    """Text, or a whole number; a JSON number with a point has lost digits already."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        with suppress(ValueError):
            return number(str(value), Decimal)
    raise GraphQLError(f'{str(value)[:_SHOWN]!r} is not a decimal; write it as text, like "0.015"')


def time_text(value: datetime) -> str:
    """UTC with Z, to the microsecond."""
    return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def read_time(value: object) -> datetime:
    """ISO 8601 with a zone: a time without one could be anybody's."""
    if isinstance(value, str):
        with suppress(ValueError, OverflowError):
            read = datetime.fromisoformat(value)
            if read.tzinfo is not None:
                return read.astimezone(UTC)
    raise GraphQLError(f"{value!r} is not a time with its zone; write it like 2025-06-30T14:00:00Z")


def read_ordinal(value: object) -> Ordinal:
    """A whole number, 0 or more, as a JSON number or as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST:
        return Ordinal(value)
    raise GraphQLError(f"{value!r} is not an ordinal of the log: a whole number from 0 to {_LARGEST}")


DECIMAL = strawberry.scalar(
    name="Decimal",
    description=(
        "An exact decimal as text in plain notation, every digit as it was recorded, as in `0.0150`. Prices are in "
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
        "A moment in UTC, ISO 8601 to the microsecond: `2025-06-30T14:00:00.000000Z`. As input: in any one zone."
    ),
    specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
    serialize=time_text,
    parse_value=read_time,
)
ORDINAL = strawberry.scalar(
    name="Ordinal",
    description=(
        "An ordinal of the log: 1, 2, 3 … in the order of its events. A JSON number, exact up to 2^53 - 1, which is "
        "more events than any log will hold. As input: a number, or its digits as text."
    ),
    serialize=int,
    parse_value=read_ordinal,
)

SCALARS: Mapping[Any, ScalarDefinition] = {Decimal: DECIMAL, datetime: DATE_TIME, Ordinal: ORDINAL}

__all__ = ["JSON", "SCALARS", "Ordinal"]
