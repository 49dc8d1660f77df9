"""The names that sources and scanners of signals may have."""

from __future__ import annotations

import re
from typing import Final

from pydantic_core import PydanticCustomError

from commands.identity import RESERVED_SOURCES
from domain.instrument import is_instrument_id
from domain.owner import PERSON
from domain.strategies.builtin import BUILTIN

NAME: Final = r"^[a-z0-9][a-z0-9_-]{0,39}$"
_ID_OF_A_TOKEN = re.compile(r"[0-9a-f]{12}")


def check_name(name: str) -> str:
    """The name. Raises PydanticCustomError for one of a strategy, person or part of the system."""
    if name in RESERVED_SOURCES or name == PERSON or name in BUILTIN or _ID_OF_A_TOKEN.fullmatch(name):
        raise PydanticCustomError(
            "name", "Input should be a name of no strategy, person or part of the system"
        )
    return name


def check_instruments(instruments: tuple[str, ...]) -> tuple[str, ...]:
    """The instruments. Raises PydanticCustomError where one is no id of an instrument."""
    if not all(map(is_instrument_id, instruments)):
        raise PydanticCustomError("instrument", "Input should be instruments like BTCUSDT-LINEAR.BYBIT")
    return instruments
