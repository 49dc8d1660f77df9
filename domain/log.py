"""The envelope of an event, and the two protocols of every log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b, sha1
from typing import Any, NamedTuple, Protocol
from uuid import UUID, SafeUUID

from msgspec import Struct

from domain.events import Event

LOG_STREAM = "log"


class Meta(Struct, frozen=True, gc=False, kw_only=True):
    """The fields that every event has in addition to those of its class.

    `version` counts from 1 within `stream`, without gaps. `correlation_id` names the chain: the signal's id
    or an id derived from a manual command. `causation_id` is the id of the event that caused this one, or an
    outside fact, whose text begins with its type: `candle:<instrument>:<interval>:<open time>`,
    `trade:<instrument>:<id>`, `quote:<instrument>:<time>`, `book:<instrument>:<update id>`,
    `command:<key>/<fingerprint>`, `exchange:<venue>:<id>`, `clock:<time>`. `occurred_at` is when the fact happened,
    `recorded_at` when it was recorded; both are UTC.
    """

    event_id: UUID
    stream: str
    version: int
    correlation_id: str
    causation_id: str
    occurred_at: datetime
    recorded_at: datetime
    account: str
    actor: str
    source: str
    schema_version: int


class Envelope(Struct, frozen=True, gc=False):
    """One event with its meta: stream, version, ids and times."""

    meta: Meta
    event: Event


class Recorded(NamedTuple):
    """An envelope at its ordinal: 1, 2, 3 … in the order of the log. `data` holds its canonical bytes, which are equal
    on every log."""

    ordinal: int
    envelope: Envelope
    data: bytes = b""


class LogReader(Protocol):
    """A log that can be read in order, from any ordinal on."""

    def head(self) -> int:
        """The ordinal of the last event; 0 for an empty log."""
        ...

    def read(self, after: int = 0, upto: int | None = None) -> Iterator[Recorded]:
        """Every event with `after < ordinal <= upto`, in order; up to the current head by default.

        Raises LogCorrupt for a record that breaks an invariant of the log, UnknownSchema for a record whose schema is
        not available.
        """
        ...

    def read_stream(self, stream: str, after: int = 0) -> Iterator[Envelope]:
        """Every event of one stream with `version > after`, in order."""
        ...


class EventLog(LogReader, Protocol):
    """A log that its owner, one process at a time, can append to."""

    def append(self, envelopes: Sequence[Envelope]) -> int:
        """Writes all envelopes durably, or none; returns the ordinal of the last event written.

        Each envelope names its stream and version; raises Conflict (nothing was written) unless every version
        is its stream's next. Raises OwnershipLost when another engine has taken the log over, LogLost when
        recorded events are not in the store any more, LogUnavailable when the store does not answer.
        """
        ...

    def check(self) -> None:
        """Raises OwnershipLost or LogLost where the next append would; returns at once, without a request.

        An engine that appends nothing for a while calls it about once a second.
        """
        ...

    def check_answers(self) -> None:
        """Raises LogUnavailable where the store has not answered for longer than an append would wait for it.

        Returns at once, without a request. A store that nothing watches between two appends never raises it.
        """
        ...

    def close(self) -> None:
        """Gives up ownership and releases its resources; idempotent."""
        ...


def event_id(log_id: UUID, stream: str, version: int) -> UUID:
    """The id of an event, derived from its log, stream and version.

    One tape therefore gives the same ids on every machine. The id equals the result of `uuid.uuid5` (RFC 4122, version
    5) for the name `<stream>/<version>`.
    """
    digest = _hashed_prefix(log_id.int).copy()
    digest.update(f"{stream}/{version}".encode())
    number = int.from_bytes(digest.digest()[:16], "big")
    return id_of(number & _FREE_BITS | _VERSION_5)


def id_of(number: int) -> UUID:
    """The UUID of this number (128 bits). UUID's constructor is bypassed: its argument checks triple the cost."""
    made = _blank(UUID)
    _set_number(made, number)
    _set_safety(made, _UNKNOWN)
    return made


def id_text(given: UUID) -> str:
    """The canonical spelling of a UUID, as `str` writes it in three times the time."""
    digits = given.int.to_bytes(16, "big").hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


_FREE_BITS = ~(0xF000 << 64 | 0xC000 << 48)
_VERSION_5 = 5 << 76 | 0x8000 << 48
_UNKNOWN = SafeUUID.unknown
_blank: Callable[[type[UUID]], UUID] = UUID.__new__
_set_number: Callable[[UUID, int], None] = vars(UUID)["int"].__set__
_set_safety: Callable[[UUID, SafeUUID], None] = vars(UUID)["is_safe"].__set__


@lru_cache(maxsize=16)
def _hashed_prefix(log_id: int) -> Any:
    """A SHA-1 hash that has consumed the log's id, with which every hashed name of that log begins."""
    return sha1(log_id.to_bytes(16, "big"), usedforsecurity=False)


_BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"
_CHAIN_DIGITS = 13
_PAIRS = [one + other for other in _BASE32 for one in _BASE32]
"""The text of every ten-bit number: two digits of five bits, the lower five bits first."""


def chain_id(log_id: UUID, account: str, fact: str) -> str:
    """The 13-character id (65 bits, Crockford's base 32) of the chain that an outside fact starts.

    It depends on the arguments alone, so a chain that is decided again has the same id and the same order ids.
    """
    digest = blake2b(f"{account}\n{fact}".encode(), digest_size=9, key=log_id.bytes).digest()
    number = int.from_bytes(digest, "big")
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])[:_CHAIN_DIGITS]


_SHIFTS = range(0, 5 * _CHAIN_DIGITS, 10)


OUTSIDE_FACTS = frozenset({"candle", "trade", "quote", "book", "command", "exchange", "clock"})
"""The words with which the text of an outside fact begins."""


def is_outside_fact(causation_id: str) -> bool:
    """True for `candle:…`, `command:…` and the other typed facts of `Meta`; false for the id of an event."""
    return causation_id.partition(":")[0] in OUTSIDE_FACTS
