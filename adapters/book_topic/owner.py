"""What the process that holds a lease publishes of it: a text beside the epoch that it commits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from domain.errors import InvalidInput

_MOST_BYTES = 4_000
"""A broker accepts 4,096 bytes beside an offset unless it is configured otherwise."""


class Owner(NamedTuple):
    """`source` is where its books are from, as `bybit` or an address; `instruments` are those of the one lease."""

    source: str
    instruments: frozenset[str]


def owner_text(source: str, instruments: Sequence[str]) -> str:
    """The text of an owner. Raises InvalidInput where a lease has more instruments than a broker keeps."""
    text = " ".join([source, *sorted(instruments)])
    if len(text.encode()) > _MOST_BYTES:
        raise InvalidInput(
            f"{len(instruments)} of the --instruments are of one lease, and their names are longer than Kafka keeps of "
            "a lease: share the instruments among several logs"
        )
    return text


def read_owner(text: str) -> Owner | None:
    """The owner of a text; None where it is empty, as that of a version that did not state it."""
    source, *instruments = text.split() or [""]
    return Owner(source, frozenset(instruments)) if source else None
