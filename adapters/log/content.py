"""What an event without a mark must fulfil: it decodes, is of the stream and version that its record states, and has
the id that its place demands."""

from __future__ import annotations

from uuid import UUID

from adapters.log.recorder_log import Codec
from adapters.marks.mark import Marked
from domain.errors import LogCorrupt, MarkRefused, UnknownSchema
from domain.events import BY_FULL_NAME, FULL_NAMES
from domain.log import LOG_STREAM, Envelope, event_id
from domain.opening import LogOpened

NO_LOG = bytes(16)
"""The id of a log that is not known."""


class Content:
    """Reads the events of one log for the rule that accepts them."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec

    def log_id_of(self, state: bytes) -> bytes:
        """The log's id in its first event; `NO_LOG` where that event is not `LogOpened` or its schema is not here."""
        try:
            event = self._codec.decode(state).event
        except (LogCorrupt, UnknownSchema):
            return NO_LOG
        return event.log_id.bytes if isinstance(event, LogOpened) else NO_LOG

    def check(self, log_id: bytes, ordinal: int, marked: Marked, claimed_id: bytes | None = None) -> None:
        """Raises MarkRefused where the event does not fulfil the rule, and LogUnavailable where its schema cannot be
        looked up.

        `log_id` is ignored for the first event, which states it. `claimed_id` is the id in the record's headers; it
        decides where the schema is one of a registry that is not configured.
        """
        try:
            envelope = self._codec.decode(marked.state)
        except LogCorrupt as fault:
            raise MarkRefused(f"it does not decode: {fault}") from None
        except UnknownSchema as fault:
            if not _is_claimed(log_id, marked, claimed_id):
                raise MarkRefused(f"it does not decode: {fault}") from None
        else:
            _check_place(self._demanded(log_id, ordinal, marked), marked, envelope)

    def _demanded(self, log_id: bytes, ordinal: int, marked: Marked) -> bytes:
        """The id of the log that the event must belong to. Raises MarkRefused for a first event that is no opening."""
        if ordinal > 1:
            return log_id
        first = self.log_id_of(marked.state)
        if first == NO_LOG or marked.stream != LOG_STREAM:
            raise MarkRefused("a log begins with LogOpened")
        return first


def _check_place(log_id: bytes, marked: Marked, envelope: Envelope) -> None:
    meta = envelope.meta
    if (meta.stream, meta.version) != (marked.stream, marked.version):
        raise MarkRefused(f"its bytes hold {meta.stream} version {meta.version}")
    if FULL_NAMES[type(envelope.event)] != marked.type:
        raise MarkRefused(f"its bytes hold a {FULL_NAMES[type(envelope.event)]}")
    if log_id != NO_LOG and meta.event_id != event_id(UUID(bytes=log_id), meta.stream, meta.version):
        raise MarkRefused(f"its id {meta.event_id} is not the id of this place in this log")


def _is_claimed(log_id: bytes, marked: Marked, claimed_id: bytes | None) -> bool:
    """Whether the headers of a record with an unknown schema name an event of this place."""
    if marked.type not in BY_FULL_NAME or claimed_id is None:
        return False
    demanded = event_id(UUID(bytes=log_id), marked.stream, marked.version)
    return log_id == NO_LOG or claimed_id == str(demanded).encode()
