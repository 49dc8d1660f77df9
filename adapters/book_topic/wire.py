"""A reading of a book as JSON, with the epoch of its lease and the time at which it was published.

A record of another version is refused, and so is one that has other members.
"""

from __future__ import annotations

import msgspec

from adapters.versioned_record import read_versioned
from domain.market import BookReading

VERSION = 1


class ReadingRecord(msgspec.Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """The members of the JSON object.

    `epoch` is the number of the lease, which is greater for each later owner of the instrument. `published_ms` is the
    time of the publisher's clock in Unix milliseconds. A reading that is published again is still that of the book.
    """

    version: int = VERSION
    epoch: int
    published_ms: int
    reading: BookReading


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(ReadingRecord)


def reading_bytes(record: ReadingRecord) -> bytes:
    """The record as JSON."""
    return _ENCODER.encode(record)


def read_reading(written: bytes) -> ReadingRecord:
    """The record in `written`. Raises InvalidInput where it is none of this version."""
    return read_versioned(_DECODER, written, VERSION, "reading of a book")
