"""What was written stays readable, and what is written is not changed in silence."""

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
def test_bytes_of_every_version_read_to_the_event_they_were(name: str, version: int) -> None:
    assert _CODEC.decode(golden_bytes(name, version)) == expected(name, version)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_todays_bytes_are_written_to_the_letter(name: str) -> None:
    assert _CODEC.encode(SAMPLES[name]) == golden_bytes(name, current_schemas()[name].version)


@pytest.mark.parametrize("schema", _EVERY, ids=lambda schema: f"{schema.name}.{schema.version}")
def test_a_schema_is_as_it_was_when_its_bytes_were_kept(schema: WriterSchema) -> None:
    assert change(schema) is None, change(schema)


def test_bytes_are_kept_of_every_schema_and_of_nothing_else() -> None:
    assert kept() == {(schema.name, schema.version) for schema in _EVERY}
    assert kept_fingerprints().keys() == {f"{name}.{version}" for name, version in kept()}


_ARCHIVED = past_schemas()["whence.signal.SignalDetected", 1]


def test_an_edited_schema_that_kept_its_version_is_told_what_to_do() -> None:
    told = change(replace(_ARCHIVED, source={**_ARCHIVED.source, "fields": _ARCHIVED.source["fields"][:-1]}))
    assert told is not None
    assert "schemas/signal/history/SignalDetected.1.avsc" in told
    assert "make schemas/signal/SignalDetected.avsc version 2" in told


def test_a_new_version_is_told_to_keep_its_bytes() -> None:
    told = change(replace(_ARCHIVED, version=99))
    assert told is not None
    assert "version 99 is new; keep its bytes with python -m tests.schemas.golden" in told


def test_other_words_in_a_schema_are_no_new_version() -> None:
    assert change(replace(_ARCHIVED, source={**_ARCHIVED.source, "doc": "Other words."})) is None


def test_an_upcaster_takes_the_first_version_to_today() -> None:
    """Version 1 told the candle's end in milliseconds: the same layout, another meaning."""
    name = "whence.signal.SignalDetected"
    then, now = golden_bytes(name, 1), golden_bytes(name, 2)
    assert then[:10] == now[:10]
    assert then != now
    for data in (then, now):
        read = _CODEC.decode(data).event
        assert isinstance(read, SignalDetected)
        assert read.candle_closed_at == NOON


def test_a_default_stands_in_for_what_an_earlier_version_did_not_tell() -> None:
    name = "whence.settings.SettingsChanged"
    assert _CODEC.decode(golden_bytes(name, 1)).event == EARLIER[name, 1] != SAMPLES[name].event


def test_a_version_of_tomorrow_is_left_alone() -> None:
    name = "whence.order.OrderFilled"
    known = current_schemas()[name].version
    today = golden_bytes(name, known)
    place = today.index(b"whence-test") + len(b"whence-test")
    assert today[place] == 2 * known
    tomorrow = today[:place] + bytes([2 * (known + 1)]) + today[place + 1 :]
    with pytest.raises(UnknownSchema, match=f"{name} was written with version {known + 1} .* knows {known}:"):
        _CODEC.decode(tomorrow)


def test_every_fingerprint_ever_written_is_found() -> None:
    for name, version in kept():
        assert schemas_by_fingerprint()[golden_bytes(name, version)[2:10]].name == name


def change(schema: WriterSchema) -> str | None:
    """What to do about a schema that is not what it was when its bytes were kept; None where it is."""
    then = kept_fingerprints().get(f"{schema.name}.{schema.version}")
    if then == fingerprint(schema):
        return None
    noun, event = schema.name.split(".")[1:]
    if then is None:
        return f"{schema.name}: version {schema.version} is new; keep its bytes with python -m tests.schemas.golden"
    return (
        f"{schema.name}: the schema changed and still says version {schema.version}: bring the old one back as "
        f"schemas/{noun}/history/{event}.{schema.version}.avsc, and make schemas/{noun}/{event}.avsc version "
        f"{schema.version + 1} (see schemas/README.md)"
    )
