"""A row of a market as JSON, with the session and the number that its recorder gave it.

A record of another version is refused, and so is one that has other members than its kind.
"""

from __future__ import annotations

import msgspec

from adapters.market_recordings.row import MarketRow
from domain.errors import InvalidInput

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
    try:
        read = _DECODER.decode(written)
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise InvalidInput(f"it is no message of a market: {fault}") from None
    if read.version != VERSION:
        raise InvalidInput(f"its format has the version {read.version}; this program reads {VERSION}")
    return read
