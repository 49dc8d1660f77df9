"""Texts of the rows of an exchange's responses."""

from __future__ import annotations

from typing import Final

from adapters.instruments.document import Table
from domain.errors import InvalidInput

SHOWN: Final = 40
"""How many characters of an invalid value an error shows."""


def text(row: Table, name: str) -> str:
    """The text, empty where it is missing. Raises InvalidInput for a value of another type."""
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidInput(f"{name} {str(value)[:SHOWN]} is not a text")
    return value


def needed(row: Table, name: str) -> str:
    """The text. Raises InvalidInput where it is missing or empty."""
    found = text(row, name)
    if not found:
        raise InvalidInput(f"{name} is missing")
    return found
