"""Encodes events with fastavro. Tests compare these bytes with those of our own writer, which does not use fastavro."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any, cast
from uuid import UUID

from fastavro import schemaless_writer  # pyright: ignore[reportUnknownVariableType]

from adapters.avro.moment import micros
from adapters.avro.schema import WriterSchema
from adapters.avro.shape import Choice, Many, Maybe, Named, Part, Plain, Shape, fields_of
from domain.log import Envelope, Meta
from tests.adapters.avro.decision_form import FORMS

Record = dict[str, Any]


def body_of(envelope: Envelope, schema: WriterSchema) -> bytes:
    """The encoded envelope without its prefix."""
    event = envelope.event
    form = FORMS.get(type(event))
    return body_in_form(envelope.meta, event if form is None else form.there(event), schema)


def body_in_form(meta: Meta, event: object, schema: WriterSchema) -> bytes:
    """The encoded meta and event, where the event is already in the form of its record."""
    record, out = {"meta": _meta(meta), **_part(event)}, BytesIO()
    cast("Callable[[BytesIO, Any, Record], None]", schemaless_writer)(out, schema.wire, record)
    return out.getvalue()


def _meta(meta: Meta) -> Record:
    return {**_part(meta), "causation_id": _cause(meta.causation_id)}


def _cause(cause: str) -> tuple[str, str | bytes]:
    try:
        named = UUID(cause)
    except ValueError:
        return ("string", cause)
    return ("whence.Uuid", named.bytes) if str(named) == cause else ("string", cause)


def _part(value: Any) -> Record:
    return {name: _value(shape, getattr(value, name)) for name, shape in fields_of(value.__class__)}


def _same(value: Any) -> Any:
    return value


_PLAIN: Mapping[Plain, Callable[[Any], Any]] = {
    Plain.TEXT: _same,
    Plain.MONEY: lambda value: format(value, "f"),
    Plain.COUNT: _same,
    Plain.OPINION: float,
    Plain.FLAG: _same,
    Plain.MOMENT: micros,
    Plain.IDENTITY: lambda value: value.bytes,
}


def _value(shape: Shape, value: Any) -> Any:
    match shape:
        case Plain():
            return _PLAIN[shape](value)
        case Choice():
            return value.value
        case Part():
            return _part(value)
        case Maybe(inner):
            return None if value is None else _value(inner, value)
        case Many(item):
            return [_value(item, one) for one in value]
        case Named(inner):
            return {name: _value(inner, one) for name, one in value.items()}
