"""The code that an error is answered with, over GraphQL (`extensions.code`) and HTTP alike."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from domain.errors import (
    InvalidInput,
    LogError,
    LogOwned,
    NotAllowed,
    OwnershipLost,
    Refused,
    StoreError,
    TooSlow,
    Unauthenticated,
    WhenceError,
)


class Code(StrEnum):
    """A program tells errors apart by these; the message is for people."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    BAD_INPUT = "BAD_INPUT"
    REFUSED = "REFUSED"
    RATE_LIMITED = "RATE_LIMITED"
    TOO_COMPLEX = "TOO_COMPLEX"
    TOO_SLOW = "TOO_SLOW"
    LOG_OWNED = "LOG_OWNED"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


CODES: Sequence[tuple[type[WhenceError], Code]] = (
    (Unauthenticated, Code.UNAUTHENTICATED),
    (NotAllowed, Code.FORBIDDEN),
    (InvalidInput, Code.BAD_INPUT),
    (Refused, Code.REFUSED),
    (TooSlow, Code.TOO_SLOW),
    (LogOwned, Code.LOG_OWNED),
    (OwnershipLost, Code.LOG_OWNED),
    (LogError, Code.UNAVAILABLE),
    (StoreError, Code.UNAVAILABLE),
)
"""The first that fits; whatever fits none is INTERNAL, and its text stays in our log."""


def code_of(error: BaseException) -> Code:
    """The code an error is answered with."""
    return next((code for kind, code in CODES if isinstance(error, kind)), Code.INTERNAL)
