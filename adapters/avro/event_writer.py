"""Writes the envelopes of one event class as bytes.

As for the parts of an event (`adapters/avro/writing.py`), a function is generated that encodes the usual values of meta
and event in place. Where a value is unusual, the envelope is encoded again by functions that name the invalid field.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from adapters.avro.decision import decision_writer
from adapters.avro.meta import GLOBALS, USUAL, write_meta
from adapters.avro.schema import WriterSchema
from adapters.avro.symbols import Symbols, symbols_of
from adapters.avro.writing import UNUSUAL, Expressions, Write, compiled, expressions
from domain.errors import InvalidEvent
from domain.log import Envelope
from domain.signal import DecisionMade

WriteEvent = Callable[[Envelope], bytes]
"""Encodes the prefix, the meta and the event. Raises InvalidEvent, naming event, field and value."""


def event_writer(event: type, schema: WriterSchema, prefix: bytes) -> WriteEvent:
    """The writer of one event class; `prefix` precedes the meta."""
    symbols = symbols_of(schema.source)
    fields = _by_hand(symbols) if event is DecisionMade else expressions(event, symbols)
    meta = [one.format(version=schema.version) for one in USUAL]
    names = {**fields.names, **GLOBALS, "prefix": prefix, "UNUSUAL": _UNUSUAL}

    def checked(envelope: Envelope) -> bytes:
        name, meta = event.__name__, envelope.meta
        if meta.schema_version != schema.version:
            raise InvalidEvent(
                f"{name}.meta.schema_version = {meta.schema_version!r} is not {schema.version}, the version this "
                "program writes; nothing was recorded"
            )
        try:
            return prefix + write_meta(meta) + cast("Write", names["body"])(envelope.event)
        except InvalidEvent as fault:
            raise InvalidEvent(f"{name}.{fault}") from None

    names["checked"] = checked
    return compiled(_TEXT, Expressions([*meta, *fields.usual], fields.checked, names))


def _by_hand(symbols: Symbols) -> Expressions:
    """The expression of a decision, whose record differs from its class."""
    return Expressions(
        ("write_decision(value)",), ("write_decision(value)",), {"write_decision": decision_writer(symbols)}
    )


_UNUSUAL: Final = (InvalidEvent, *UNUSUAL)

_TEXT: Final = """
def body(value):
    return b''.join(({checked},))

def write(envelope):
    meta, value = envelope.meta, envelope.event
    try:
        return b''.join((prefix, {usual},))
    except UNUSUAL:
        return checked(envelope)
"""
