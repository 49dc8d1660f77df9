"""A row of a market as JSON, with the session and the number that its recorder gave it.

A record of another version is refused, and so is one that has other members than its kind.
"""

from __future__ import annotations

import msgspec

from adapters.market_recordings.row import MarketRow
from adapters.versioned_record import read_versioned

VERSION = 1


class MarketRecord(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The members of the JSON object. `session` is the time at which the recorder began, in nanoseconds since 1970;
    `number` counts the rows of the session.
    """

    version: int = VERSION
    session: int
    number: int
    row: MarketRow


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(MarketRecord)


def market_bytes(record: MarketRecord) -> bytes:
    """The record as JSON."""
    return _ENCODER.encode(record)


def read_market(written: bytes) -> MarketRecord:
    """The record in `written`. Raises InvalidInput where it is none of this version."""
    return read_versioned(_DECODER, written, VERSION, "message of a market")
