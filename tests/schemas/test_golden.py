"""Bytes of every version stay readable, and a schema cannot change without a new version."""

from __future__ import annotations

import pytest

from adapters.avro.codec import AvroCodec
from adapters.avro.schema import WriterSchema, current_schemas, past_schemas, schemas_by_fingerprint
from domain.errors import UnknownSchema
from domain.signal import SignalDetected
from tests.replacing import replace
from tests.schemas.golden import fingerprint, golden_bytes, kept, kept_fingerprints
from tests.schemas.samples import EARLIER, NOON, SAMPLES, expected

_CODEC = AvroCodec()
_EVERY = (*past_schemas().values(), *current_schemas().values())


@pytest.mark.parametrize(("name", "version"), sorted(kept()))
def test_the_bytes_of_every_version_are_decoded_to_the_expected_event(name: str, version: int) -> None:
    assert _CODEC.decode(golden_bytes(name, version)) == expected(name, version)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_current_schema_writes_exactly_the_kept_bytes(name: str) -> None:
    assert _CODEC.encode(SAMPLES[name]) == golden_bytes(name, current_schemas()[name].version)


@pytest.mark.parametrize("schema", _EVERY, ids=lambda schema: f"{schema.name}.{schema.version}")
def test_a_schema_is_unchanged_since_its_bytes_were_kept(schema: WriterSchema) -> None:
    assert change(schema) is None, change(schema)


def test_bytes_and_fingerprints_are_kept_of_exactly_the_existing_schemas() -> None:
    assert kept() == {(schema.name, schema.version) for schema in _EVERY}
    assert kept_fingerprints().keys() == {f"{name}.{version}" for name, version in kept()}


_ARCHIVED = past_schemas()["whence.signal.SignalDetected", 1]


def test_an_edited_schema_with_the_same_version_is_reported_with_the_remedy() -> None:
    remedy = change(
        replace(_ARCHIVED, source={**_ARCHIVED.source, "fields": _ARCHIVED.source["fields"][:-1]})
    )
    assert remedy is not None
    assert "schemas/signal/history/SignalDetected.1.avsc" in remedy
    assert "make schemas/signal/SignalDetected.avsc version 2" in remedy


def test_a_new_version_without_kept_bytes_is_reported_with_the_command() -> None:
    remedy = change(replace(_ARCHIVED, version=99))
    assert remedy is not None
    assert "version 99 is new; keep its bytes with python -m tests.schemas.golden" in remedy


def test_changed_documentation_needs_no_new_version() -> None:
    assert change(replace(_ARCHIVED, source={**_ARCHIVED.source, "doc": "Other words."})) is None


def test_an_upcaster_converts_the_first_version_to_the_current_event() -> None:
    """Version 1 held the candle's end in milliseconds: the same layout with another meaning."""
    name = "whence.signal.SignalDetected"
    then, now = golden_bytes(name, 1), golden_bytes(name, 2)
    assert then[:10] == now[:10]
    assert then != now
    for data in (then, now):
        read = _CODEC.decode(data).event
        assert isinstance(read, SignalDetected)
        assert read.candle_closed_at == NOON


def test_a_field_that_an_earlier_version_lacks_gets_its_default() -> None:
    name = "whence.settings.SettingsChanged"
    assert _CODEC.decode(golden_bytes(name, 1)).event == EARLIER[name, 1] != SAMPLES[name].event


def test_a_later_version_than_the_current_one_is_refused() -> None:
    name = "whence.order.OrderFilled"
    known = current_schemas()[name].version
    current = golden_bytes(name, known)
    place = current.index(b"whence-test") + len(b"whence-test")
    assert current[place] == 2 * known
    later = current[:place] + bytes([2 * (known + 1)]) + current[place + 1 :]
    with pytest.raises(UnknownSchema, match=f"{name} was written with version {known + 1} .* knows {known}:"):
        _CODEC.decode(later)


def test_the_fingerprint_in_every_kept_record_is_known() -> None:
    for name, version in kept():
        assert schemas_by_fingerprint()[golden_bytes(name, version)[2:10]].name == name


def change(schema: WriterSchema) -> str | None:
    """The remedy for a schema that has changed since its bytes were kept; None for an unchanged schema."""
    then = kept_fingerprints().get(f"{schema.name}.{schema.version}")
    if then == fingerprint(schema):
        return None
    noun, event = schema.name.split(".")[1:]
    if then is None:
        return f"{schema.name}: version {schema.version} is new; keep its bytes with python -m tests.schemas.golden"
    return (
        f"{schema.name}: the schema changed and still has version {schema.version}: restore the old one as "
        f"schemas/{noun}/history/{event}.{schema.version}.avsc, and make schemas/{noun}/{event}.avsc version "
        f"{schema.version + 1} (see schemas/README.md)"
    )
