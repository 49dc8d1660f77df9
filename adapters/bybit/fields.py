"""The fields of a row of Bybit's API: numbers and times are texts."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from adapters.instruments.document import Table
from adapters.milliseconds import at_ms, in_ms
from adapters.texts_of_rows import SHOWN, needed, text
from domain.errors import InvalidInput
from domain.number import number

__all__ = ["at_ms", "count", "figure", "in_ms", "is_dated", "moment", "needed", "plain", "price", "text"]

_MOST_DIGITS = 20
_LATEST = 253_402_300_799_999


def is_dated(row: Table) -> bool:
    """Whether the row is of a future with a date of delivery (`BTC-26MAR27`), which is not traded here."""
    return "-" in text(row, "symbol")


def figure(row: Table, name: str) -> Decimal:
    """The number; 0 for an empty text, so only for what nothing is decided by. Raises InvalidInput for another text."""
    given = text(row, name)
    try:
        return number(given or "0", Decimal)
    except ValueError as fault:
        raise InvalidInput(f"{name}: {fault}") from None


def known(row: Table, name: str) -> Decimal:
    """The number. Raises InvalidInput for a missing or empty text, by which Bybit states that it does not know it."""
    needed(row, name)
    return figure(row, name)


def stated(row: Table, name: str) -> str:
    """The text, which may be empty. Raises InvalidInput where the row has no such member: it may have another name by
    now, and must not be taken for empty."""
    if row.get(name) is None:
        raise InvalidInput(f"{name} is missing")
    return text(row, name)


def amount(row: Table, name: str) -> Decimal:
    """The number, 0 for an empty text. Raises InvalidInput for a missing or negative one."""
    if row.get(name) is None:
        raise InvalidInput(f"{name} is missing")
    found = figure(row, name)
    if found < 0:
        raise InvalidInput(f"{name} {found} is negative")
    return found


def positive(row: Table, name: str) -> Decimal:
    """The number. Raises InvalidInput for a missing one and for one that is not above 0."""
    found = amount(row, name)
    if not found:
        raise InvalidInput(f"{name} is not above 0")
    return found


def price(row: Table, name: str) -> Decimal | None:
    """The price; None for an empty text or 0, which mean that there is none. Raises what `amount` raises."""
    return amount(row, name) or None


def moment(row: Table, name: str) -> datetime:
    """The time of a text in ms since 1970, in UTC. Raises InvalidInput for another text."""
    given = needed(row, name)
    if not given.isdecimal() or len(given) > len(str(_LATEST)) or int(given) > _LATEST:
        raise InvalidInput(f"{name} {given[:SHOWN]!r} is not a time in ms")
    return at_ms(int(given))


def plain(value: Decimal) -> str:
    """The number as Bybit takes it: every digit, no exponent."""
    return format(value, "f")


def count(given: str) -> int | None:
    """The whole number of a header; None for another text."""
    return int(given) if given.isdecimal() and len(given) <= _MOST_DIGITS else None
