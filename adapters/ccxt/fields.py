"""The fields of ccxt's unified structures: numbers are texts, times are whole milliseconds."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from adapters.instruments.document import Table
from adapters.milliseconds import at_ms
from adapters.texts_of_rows import SHOWN, needed, text
from adapters.time_bound import check_time
from domain.arithmetic import EXACT
from domain.errors import InvalidInput
from domain.number import number

__all__ = ["figure", "flag", "known", "level", "moment", "needed", "positive", "scaled", "text"]

_LATEST = 253_402_300_799_999


def figure(row: Table, name: str) -> Decimal:
    """The number; 0 where it is missing. Raises InvalidInput for another value."""
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | None):
        raise InvalidInput(f"{name} {str(value)[:SHOWN]} is not a number of digits")
    try:
        return number(str(value or "0"), Decimal)
    except ValueError as fault:
        raise InvalidInput(f"{name}: {fault}") from None


def known(row: Table, name: str) -> Decimal:
    """The number. Raises InvalidInput where it is missing or empty: the exchange does not state it."""
    if row.get(name) in (None, ""):
        raise InvalidInput(f"{name} is missing")
    return figure(row, name)


def positive(row: Table, name: str) -> Decimal:
    """The number. Raises InvalidInput where it is missing, and for one that is not above 0."""
    found = known(row, name)
    if found <= 0:
        raise InvalidInput(f"{name} {found} is not above 0")
    return found


def flag(row: Table, name: str) -> bool:
    """The truth value. Raises InvalidInput where it is missing, and for another value."""
    value = row.get(name)
    if value is None:
        raise InvalidInput(f"{name} is missing")
    if not isinstance(value, bool):
        raise InvalidInput(f"{name} {str(value)[:SHOWN]!r} is neither true nor false")
    return value


def level(row: Table, name: str) -> Decimal | None:
    """The price; None where it is missing or 0, which mean that there is none."""
    return figure(row, name) or None


def moment(row: Table, *names: str) -> datetime:
    """The first time that is stated, in UTC. Raises InvalidInput where none is, and for one of the future."""
    for name in names:
        value = row.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LATEST:
            return check_time(name, at_ms(value))
    raise InvalidInput(f"{names[0]} is not a time in ms")


def scaled(contracts: Decimal, size: Decimal) -> Decimal:
    """A number of contracts in base currency, without zeros after its last digit."""
    whole = EXACT.multiply(contracts, size)
    return whole if size == 1 else whole.normalize(EXACT)
