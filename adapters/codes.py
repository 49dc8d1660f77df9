"""The code of an error in a response, the same over GraphQL (`extensions.code`) and HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from domain.errors import (
    InvalidInput,
    LogError,
    LogOwned,
    NotAllowed,
    OwnershipLost,
    ProofRefused,
    Refused,
    StoreError,
    TooSlow,
    Unauthenticated,
    WhenceError,
)


class Code(StrEnum):
    """Programs distinguish errors by these codes; messages are for people."""

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
    (ProofRefused, Code.REFUSED),
    (TooSlow, Code.TOO_SLOW),
    (LogOwned, Code.LOG_OWNED),
    (OwnershipLost, Code.LOG_OWNED),
    (LogError, Code.UNAVAILABLE),
    (StoreError, Code.UNAVAILABLE),
)
"""The first matching row gives the code. An error without a row is INTERNAL; its text is logged, but not sent."""


def code_of(error: BaseException) -> Code:
    """The code of an error in a response."""
    return next((code for kind, code in CODES if isinstance(error, kind)), Code.INTERNAL)
