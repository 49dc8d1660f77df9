"""The schemas of one topic's events in a registry.

A writer looks up schema ids when it starts. It never registers a schema; a person does, with `whence schemas register`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from adapters.avro.schema import WriterSchema, fingerprint_of, schemas_by_fingerprint
from adapters.registry.connection import Connection, NotRegistered, Property
from adapters.registry.remembered import RememberedIds
from domain.errors import LogUnavailable, SchemaRefused, UnknownSchema

if TYPE_CHECKING:
    from confluent_kafka.schema_registry import Schema

_log = logging.getLogger(__name__)
T = TypeVar("T")
_SILENT_SECONDS: Final = 30.0
"""How long a registry that did not respond is not queried for what is remembered."""
COMPATIBILITY: Final = "FULL_TRANSITIVE"


@dataclass(frozen=True, slots=True)
class Registration:
    """A schema's subject and id in a registry. `is_new` is true where the schema was not registered before."""

    subject: str
    schema_id: int
    is_new: bool


class Registry:
    """Looks schemas up and registers them; subjects are `<topic>-<full name>` (TopicRecordName).

    Holds connections until it is closed. While the registry does not respond, ids that it gave before are served from
    `remembered`, and their schemas from `schemas/` by their content.
    """

    def __init__(
        self,
        properties: Mapping[str, Property],
        topic: str,
        remembered: RememberedIds | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`properties` are those of Confluent's client. Raises InvalidSettings, MissingParts as `Connection` does."""
        self._connection = Connection(properties)
        self._topic = topic
        self._schemas: dict[int, WriterSchema] = {}
        self._remembered = RememberedIds() if remembered is None else remembered
        self._clock, self._silent_until = clock, 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections; idempotent."""
        self._connection.close()

    @property
    def address(self) -> str:
        """The registry's URL without credentials."""
        return self._connection.address

    def subject_of(self, schema: WriterSchema) -> str:
        """The subject that holds the versions of an event's schema."""
        return f"{self._topic}-{schema.name}"

    def id_of(self, schema: WriterSchema) -> int:
        """The id of the registered schema.

        Raises UnknownSchema where it is not registered, and LogUnavailable where the registry does not respond and the
        id is not remembered.
        """
        known = self._remembered.id_of(schema.fingerprint)
        found = self._or_remembered(lambda: self._registered(schema), known)
        self._remembered.add(found, schema.fingerprint)
        return found

    def _registered(self, schema: WriterSchema) -> int:
        found = self.find(schema)
        if found is None:
            raise UnknownSchema(
                f"version {schema.version} of {schema.name} is not registered as {self.subject_of(schema)} at "
                f"{self.address}: whence schemas register --registry {self.address} --topic {self._topic}"
            )
        return found

    def find(self, schema: WriterSchema) -> int | None:
        """The id of the registered schema; None where it is not registered. Raises LogUnavailable."""
        subject, ours = self.subject_of(schema), _schema(schema)
        try:
            return self._connection.request(lambda client: client.lookup_schema(subject, ours)).schema_id
        except NotRegistered:
            return None

    def schema_of(self, schema_id: int) -> WriterSchema:
        """The schema of an id, which is requested from the registry once.

        Raises UnknownSchema where the registry or the folder `schemas/` does not have the schema, and LogUnavailable
        where the registry does not respond and the id is not remembered.
        """
        if schema_id not in self._schemas:
            known = schemas_by_fingerprint().get(self._remembered.fingerprint(schema_id) or b"")
            found = self._or_remembered(lambda: self._fetched(schema_id), known)
            self._remembered.add(schema_id, found.fingerprint)
            self._schemas[schema_id] = found
        return self._schemas[schema_id]

    def _or_remembered(self, request: Callable[[], T], known: T | None) -> T:
        """The response, or what is known where the registry does not respond, and did not within the last seconds."""
        if known is not None and self._clock() < self._silent_until:
            return known
        try:
            found = request()
        except LogUnavailable as silence:
            if known is None:
                raise
            if self._silent_until == 0.0:
                _log.warning("%s; ids that it gave before are used", silence)
            self._silent_until = self._clock() + _SILENT_SECONDS
            return known
        self._silent_until = 0.0
        return found

    def register(self, schema: WriterSchema) -> Registration:
        """Sets the subject to FULL_TRANSITIVE and registers the schema where it is not registered yet.

        Raises SchemaRefused where the schema is incompatible with registered versions, and LogUnavailable.
        """
        subject, ours = self.subject_of(schema), _schema(schema)
        found = self.find(schema)
        try:
            self._connection.request(lambda client: client.set_compatibility(subject, COMPATIBILITY))
            schema_id = self._connection.request(lambda client: client.register_schema(subject, ours))
        except SchemaRefused as refusal:
            raise SchemaRefused(
                f"version {schema.version} of {schema.name} as {subject}: {refusal}"
            ) from None
        return Registration(subject, schema_id, found is None)

    def compatibility_of(self, schema: WriterSchema) -> str:
        """The compatibility mode of the schema's subject; empty where no mode is set for the subject."""
        subject = self.subject_of(schema)
        try:
            return self._connection.request(lambda client: client.get_compatibility(subject))
        except NotRegistered:
            return ""

    def _fetched(self, schema_id: int) -> WriterSchema:
        try:
            source = self._connection.request(lambda client: client.get_schema(schema_id)).schema_str
        except NotRegistered:
            raise UnknownSchema(
                f"a record was written with schema {schema_id} of a registry, which the one at {self.address} does "
                "not have: configure the registry that the log was written with"
            ) from None
        return _ours(json.loads(source or "null"), schema_id, self.address)


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
