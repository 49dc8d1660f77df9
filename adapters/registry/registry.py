"""The schemas of one topic's events in a registry.

A writer looks ids up when it starts and never registers: which schemas a log may hold is decided by a person, with
`whence schemas register`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from adapters.avro.schema import WriterSchema, fingerprint_of, schemas_by_fingerprint
from adapters.registry.connection import Connection, NotRegistered, Property
from domain.errors import SchemaRefused, UnknownSchema

if TYPE_CHECKING:
    from confluent_kafka.schema_registry import Schema

COMPATIBILITY: Final = "FULL_TRANSITIVE"


@dataclass(frozen=True, slots=True)
class Registration:
    """A schema's place in a registry; `is_new` where it was not there before."""

    subject: str
    schema_id: int
    is_new: bool


class Registry:
    """Looks up and, when told to, registers; subjects are `<topic>-<full name>` (TopicRecordName).

    Holds connections until it is closed.
    """

    def __init__(self, properties: Mapping[str, Property], topic: str) -> None:
        """`properties` are those of Confluent's client. Raises InvalidSettings, MissingParts."""
        self._connection = Connection(properties)
        self._topic = topic
        self._schemas: dict[int, WriterSchema] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes its connections; idempotent."""
        self._connection.close()

    @property
    def address(self) -> str:
        """The registry's URL without the credentials it may carry."""
        return self._connection.address

    def subject_of(self, schema: WriterSchema) -> str:
        """Where the versions of an event's schema are kept."""
        return f"{self._topic}-{schema.name}"

    def id_of(self, schema: WriterSchema) -> int:
        """The id the schema is registered under; raises UnknownSchema where it is not, LogUnavailable."""
        found = self.find(schema)
        if found is None:
            raise UnknownSchema(
                f"version {schema.version} of {schema.name} is not registered as {self.subject_of(schema)} at "
                f"{self.address}: whence schemas register --registry {self.address} --topic {self._topic}"
            )
        return found

    def find(self, schema: WriterSchema) -> int | None:
        """The id the schema is registered under; None where it is not. Raises LogUnavailable."""
        subject, asked = self.subject_of(schema), _schema(schema)
        try:
            return self._connection.ask(lambda client: client.lookup_schema(subject, asked)).schema_id
        except NotRegistered:
            return None

    def schema_of(self, schema_id: int) -> WriterSchema:
        """The schema of an id, asked for once; raises UnknownSchema for one that is none of ours, LogUnavailable."""
        if schema_id not in self._schemas:
            self._schemas[schema_id] = self._fetched(schema_id)
        return self._schemas[schema_id]

    def register(self, schema: WriterSchema) -> Registration:
        """Registers the schema where it is not yet, and makes its subject FULL_TRANSITIVE first.

        Raises SchemaRefused where the registry holds versions that this one would break, LogUnavailable.
        """
        subject, asked = self.subject_of(schema), _schema(schema)
        found = self.find(schema)
        try:
            self._connection.ask(lambda client: client.set_compatibility(subject, COMPATIBILITY))
            schema_id = self._connection.ask(lambda client: client.register_schema(subject, asked))
        except SchemaRefused as refusal:
            raise SchemaRefused(
                f"version {schema.version} of {schema.name} as {subject}: {refusal}"
            ) from None
        return Registration(subject, schema_id, found is None)

    def compatibility_of(self, schema: WriterSchema) -> str:
        """The compatibility mode of the schema's subject; empty where it has none of its own."""
        subject = self.subject_of(schema)
        try:
            return self._connection.ask(lambda client: client.get_compatibility(subject))
        except NotRegistered:
            return ""

    def _fetched(self, schema_id: int) -> WriterSchema:
        try:
            told = self._connection.ask(lambda client: client.get_schema(schema_id)).schema_str
        except NotRegistered:
            raise UnknownSchema(
                f"a record was written with schema {schema_id} of a registry, which the one at {self.address} does "
                "not have: name the registry that the log was written with"
            ) from None
        return _ours(json.loads(told or "null"), schema_id, self.address)


def _ours(source: Any, schema_id: int, address: str) -> WriterSchema:
    known = schemas_by_fingerprint().get(fingerprint_of(source))
    if known is None:
        raise UnknownSchema(
            f"a record was written with schema {schema_id} of the registry at {address}, which is not in schemas/: "
            "read this log with the program that wrote it, or a newer one"
        )
    return known


def _schema(schema: WriterSchema) -> Schema:
    from confluent_kafka.schema_registry import Schema

    return Schema(json.dumps(schema.source), "AVRO")
