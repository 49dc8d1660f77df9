"""The schemas events are and were written with, as `schemas/` holds them.

`schemas/<noun>/<Event>.avsc` is what is written today; what was written before stays in
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


@dataclass(frozen=True, slots=True)
class WriterSchema:
    """One version of one event's schema.

    `source` is the file as it stands. `wire` is what fastavro goes by: the same without logical types, which
    cost more there than in our own reading. `fingerprint` is CRC-64-AVRO of the parsing canonical form, little-endian:
    it says how bytes are laid out. What they mean is said by name and version.
    """

    name: str
    version: int
    source: Json
    wire: Json
    fingerprint: bytes


def writer_schema(source: Json) -> WriterSchema:
    """The schema in one file's JSON."""
    return WriterSchema(
        source["name"],
        source["version"],
        source,
        cast("Json", parse_schema(_bare(source))),
        fingerprint_of(source),
    )


def fingerprint_of(source: Json | str) -> bytes:
    """CRC-64-AVRO of the parsing canonical form, little-endian, as single-object encoding has it."""
    return bytes.fromhex(fingerprint(to_parsing_canonical_form(source), "CRC-64-AVRO"))


@cache
def current_schemas() -> Mapping[str, WriterSchema]:
    """What is written today, by the event's full name."""
    return {schema.name: schema for schema in map(writer_schema, _read(""))}


@cache
def past_schemas() -> Mapping[tuple[str, int], WriterSchema]:
    """What was written before, by full name and version."""
    return {(schema.name, schema.version): schema for schema in map(writer_schema, _read("history"))}


@cache
def schemas_by_fingerprint() -> Mapping[bytes, WriterSchema]:
    """Every schema there ever was; of two that lay out their bytes alike, the newer."""
    every = [*past_schemas().values(), *current_schemas().values()]
    return {schema.fingerprint: schema for schema in sorted(every, key=lambda schema: schema.version)}


def _read(folder: str) -> Iterator[Json]:
    for noun in files("schemas").iterdir():
        place = noun.joinpath(folder) if folder else noun
        if place.is_dir():
            yield from _sources(place)


def _sources(place: Traversable) -> Iterator[Json]:
    for file in place.iterdir():
        if file.name.endswith(".avsc"):
            yield json.loads(file.read_text(encoding="utf-8"))


_TOLD_TO_PEOPLE = frozenset({"doc", "logicalType"})


def _bare(schema: Any) -> Any:
    if isinstance(schema, dict):
        named = cast("Json", schema)
        return {key: _bare(value) for key, value in named.items() if key not in _TOLD_TO_PEOPLE}
    if isinstance(schema, list):
        return [_bare(one) for one in cast("list[object]", schema)]
    return schema
