"""Events as Confluent's own deserialiser reads them: an oracle that shares no decoding code with this project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from adapters.avro.shape import Choice, Many, Maybe, Named, Part, Plain, Shape, fields_of
from domain.events import BY_FULL_NAME
from domain.log import Envelope, Meta
from tests.adapters.avro.decision_form import FORMS


def oracle(client: SchemaRegistryClient, topic: str) -> Callable[[bytes, str], Envelope]:
    """A function that decodes bytes by the registry's schema and the event's name only."""
    # The class creates its instances in __new__, which its stub does not declare.
    deserialise: Callable[..., Any] = cast("Any", AvroDeserializer)(client)
    context = SerializationContext(topic, MessageField.VALUE)

    def read(data: bytes, name: str) -> Envelope:
        record = deserialise(data, context)
        meta = record.pop("meta")
        return Envelope(_meta(meta), _event(BY_FULL_NAME[name], record))

    return read


def _meta(record: dict[str, Any]) -> Meta:
    cause: Any = record["causation_id"]
    record["event_id"] = UUID(bytes=record["event_id"])
    record["causation_id"] = str(UUID(bytes=cause)) if isinstance(cause, bytes) else cause
    return Meta(**record)


def _event(event: type, record: Mapping[str, Any]) -> Any:
    form = FORMS.get(event)
    return _part(event, record) if form is None else form.back(_part(form.of, record))


def _part(owner: type, record: Mapping[str, Any]) -> Any:
    shapes = dict(fields_of(owner))
    assert list(record) == list(shapes)
    return owner(**{name: _value(shapes[name], value) for name, value in record.items()})


def _moment(value: datetime) -> datetime:
    assert value.tzinfo is not None
    return value


def _same(value: Any) -> Any:
    return value


_PLAIN: Mapping[Plain, Callable[[Any], Any]] = {
    Plain.TEXT: _same,
    Plain.COUNT: _same,
    Plain.OPINION: _same,
    Plain.FLAG: _same,
    Plain.MONEY: Decimal,
    Plain.MOMENT: _moment,
    Plain.IDENTITY: lambda value: UUID(bytes=value),
}


def _value(shape: Shape, value: Any) -> Any:
    match shape:
        case Plain():
            return _PLAIN[shape](value)
        case Choice(of):
            return of(value)
        case Part(of):
            return _part(of, value)
        case Maybe(inner):
            return None if value is None else _value(inner, value)
        case Many(item):
            return tuple(_value(item, one) for one in value)
        case Named(inner):
            return {name: _value(inner, one) for name, one in value.items()}
