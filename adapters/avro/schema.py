"""The current and past schemas of events, loaded from `schemas/`.

`schemas/<noun>/<Event>.avsc` is the current schema; earlier versions are kept in
`schemas/<noun>/history/<Event>.<version>.avsc`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, cast

from fastavro.schema import fingerprint, parse_schema, to_parsing_canonical_form

from adapters.avro.wire import Json
from domain.errors import UnknownSchema


@dataclass(frozen=True, slots=True)
class WriterSchema:
    """One version of one event's schema.

    `source` is the JSON of the file. `wire` is the schema passed to fastavro: `source` without logical types, which
    fastavro converts more slowly than our own code. `fingerprint` is CRC-64-AVRO of the parsing canonical form,
    little-endian; it identifies the layout of the bytes. `name` and `version` identify what the fields mean.
    """

    name: str
    version: int
    source: Json
    wire: Json
    fingerprint: bytes


def writer_schema(source: Json) -> WriterSchema:
    """The schema of one file's JSON."""
    return WriterSchema(
        source["name"],
        source["version"],
        source,
        cast("Json", parse_schema(_bare(source))),
        fingerprint_of(source),
    )


def fingerprint_of(source: Json | str) -> bytes:
    """CRC-64-AVRO of the parsing canonical form, little-endian, as in Avro's single-object encoding."""
    return bytes.fromhex(fingerprint(to_parsing_canonical_form(source), "CRC-64-AVRO"))


@cache
def current_schemas() -> Mapping[str, WriterSchema]:
    """The schemas that events are written with, by the event's full name."""
    return {schema.name: schema for schema in map(writer_schema, _read(""))}


@cache
def past_schemas() -> Mapping[tuple[str, int], WriterSchema]:
    """The schemas of earlier versions, by full name and version."""
    return {(schema.name, schema.version): schema for schema in map(writer_schema, _read("history"))}


@cache
def schemas_by_fingerprint() -> Mapping[bytes, WriterSchema]:
    """Every current and past schema, by fingerprint; where two have the same fingerprint, the newer one."""
    every = [*past_schemas().values(), *current_schemas().values()]
    return {schema.fingerprint: schema for schema in sorted(every, key=lambda schema: schema.version)}


def schema_of(fingerprint: bytes) -> WriterSchema:
    """The schema with this fingerprint. Raises UnknownSchema where it is not in `schemas/`."""
    try:
        return schemas_by_fingerprint()[fingerprint]
    except KeyError:
        raise UnknownSchema(
            f"a record was written with a schema of fingerprint {fingerprint.hex()}, which is not in schemas/: read "
            "this log with the program that wrote it, or a newer one"
        ) from None


def canonical_form(schema: WriterSchema) -> str:
    """The parsing canonical form of a schema (Avro specification, "Transforming into Parsing Canonical Form")."""
    return to_parsing_canonical_form(schema.source)


def _read(folder: str) -> Iterator[Json]:
    for noun in files("schemas").iterdir():
        place = noun.joinpath(folder) if folder else noun
        if place.is_dir():
            yield from _sources(place)


def _sources(place: Traversable) -> Iterator[Json]:
    for file in place.iterdir():
        if file.name.endswith(".avsc"):
            yield json.loads(file.read_text(encoding="utf-8"))


_NOT_ON_THE_WIRE = frozenset({"doc", "logicalType", "personal"})


def _bare(schema: Any) -> Any:
    if isinstance(schema, dict):
        named = cast("Json", schema)
        return {key: _bare(value) for key, value in named.items() if key not in _NOT_ON_THE_WIRE}
    if isinstance(schema, list):
        return [_bare(one) for one in cast("list[object]", schema)]
    return schema
