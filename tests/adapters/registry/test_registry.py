"""The registry's adapter against a real registry: registration, refusals, and records that other clients read."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient

from adapters.avro import AvroCodec
from adapters.avro.schema import WriterSchema, current_schemas, past_schemas, writer_schema
from adapters.registry.registry import Registry
from adapters.registry.remembered import RememberedIds
from domain.errors import InvalidSettings, LogCorrupt, LogUnavailable, SchemaRefused, UnknownSchema
from infra.servers.port import free_port
from tests.adapters.registry.gateway import Gateway
from tests.adapters.registry.oracle import oracle
from tests.schemas.samples import SAMPLES

Json = dict[str, Any]
_FILL = current_schemas()["whence.order.OrderFilled"]


@pytest.fixture(scope="module")
def client(schema_registry_url: str) -> Iterator[SchemaRegistryClient]:
    with SchemaRegistryClient({"url": schema_registry_url, "timeout": 30}) as confluents:
        yield confluents


@pytest.fixture
def topic(client: SchemaRegistryClient) -> Iterator[str]:
    with _own_topic(client) as name:
        yield name


@pytest.fixture
def registry(schema_registry_url: str, topic: str) -> Iterator[Registry]:
    with Registry({"url": schema_registry_url}, topic) as ours:
        yield ours


@pytest.fixture(scope="module")
def full_topic(client: SchemaRegistryClient) -> Iterator[str]:
    """The topic whose schemas are all registered."""
    with _own_topic(client) as name:
        yield name


@pytest.fixture(scope="module")
def registered(schema_registry_url: str, full_topic: str) -> Iterator[Registry]:
    with Registry({"url": schema_registry_url}, full_topic) as ours:
        for schema in current_schemas().values():
            ours.register(schema)
        yield ours


@contextmanager
def _own_topic(client: SchemaRegistryClient) -> Generator[str, None, None]:
    """An unused topic; its subjects are deleted afterwards."""
    name = f"test.{uuid4().hex}"
    yield name
    for subject in client.get_subjects(subject_prefix=name):
        if subject.startswith(name):
            client.delete_subject(subject)


def test_a_registered_schema_is_found_under_its_topic_and_full_name(
    registry: Registry, client: SchemaRegistryClient, topic: str
) -> None:
    done = registry.register(_FILL)
    assert done.is_new
    assert done.subject == f"{topic}-whence.order.OrderFilled"
    assert registry.id_of(_FILL) == done.schema_id
    assert client.get_latest_version(done.subject).schema_id == done.schema_id
    assert client.get_compatibility(done.subject) == "FULL_TRANSITIVE"
    assert registry.compatibility_of(_FILL) == "FULL_TRANSITIVE"


def test_registering_a_schema_again_adds_no_version(registry: Registry, client: SchemaRegistryClient) -> None:
    first = registry.register(_FILL)
    again = registry.register(_FILL)
    assert not again.is_new
    assert again.schema_id == first.schema_id
    assert client.get_versions(first.subject) == [1]


def test_an_incompatible_schema_is_refused_with_the_registrys_reason(registry: Registry) -> None:
    registry.register(_FILL)
    broken = _edited(_FILL, _make_price_a_double)
    with pytest.raises(
        SchemaRefused, match=r"version \d of whence\.order\.OrderFilled as .* refuses it: .*DOUBLE"
    ):
        registry.register(broken)
    assert registry.find(broken) is None
    assert registry.id_of(_FILL)


def test_a_compatible_schema_becomes_the_next_version(registry: Registry) -> None:
    first = registry.register(_FILL)
    grown = _edited(_FILL, _add_a_field)
    second = registry.register(grown)
    assert second.is_new
    assert second.schema_id != first.schema_id
    assert registry.id_of(_FILL) == first.schema_id


@pytest.mark.parametrize(
    "past", past_schemas().values(), ids=lambda schema: f"{schema.name}.{schema.version}"
)
def test_the_registry_accepts_the_current_schema_after_each_past_version(
    registry: Registry, past: WriterSchema
) -> None:
    before = registry.register(past)
    after = registry.register(current_schemas()[past.name])
    assert before.schema_id != after.schema_id


def test_a_writer_with_an_unregistered_schema_does_not_start(registry: Registry, topic: str) -> None:
    with pytest.raises(
        UnknownSchema, match=f"is not registered as {topic}-whence.* whence schemas register"
    ) as refused:
        AvroCodec(registry)
    assert registry.address in str(refused.value)
    assert registry.find(_FILL) is None


def test_a_reader_needs_only_the_schemas_of_its_log_registered(registry: Registry) -> None:
    data = b"\x00" + registry.register(_FILL).schema_id.to_bytes(4, "big")
    data += AvroCodec().encode(SAMPLES["whence.order.OrderFilled"])[10:]
    assert AvroCodec(registry, read_only=True).decode(data) == SAMPLES["whence.order.OrderFilled"]


def test_a_writer_writes_the_confluent_prefix(registered: Registry) -> None:
    data = AvroCodec(registered).encode(SAMPLES["whence.order.OrderFilled"])
    assert data[0] == 0
    assert int.from_bytes(data[1:5], "big") == registered.id_of(_FILL)
    assert data[5:] == AvroCodec().encode(SAMPLES["whence.order.OrderFilled"])[10:]


def test_confluents_own_deserialiser_reads_every_event_back_equal(
    registered: Registry, client: SchemaRegistryClient, full_topic: str
) -> None:
    codec, read = AvroCodec(registered), oracle(client, full_topic)
    for name, envelope in SAMPLES.items():
        assert read(codec.encode(envelope), name) == envelope


def test_records_with_and_without_a_registry_are_read_from_one_log(registered: Registry) -> None:
    before, after = AvroCodec(), AvroCodec(registered)
    log = [codec.encode(envelope) for envelope in SAMPLES.values() for codec in (before, after)]
    assert {data[0] for data in log} == {0xC3, 0x00}
    read = [after.decode(data) for data in log]
    assert read == [envelope for envelope in SAMPLES.values() for _ in range(2)]


def test_a_schema_id_is_requested_once(
    registered: Registry, schema_registry_url: str, full_topic: str, caplog: pytest.LogCaptureFixture
) -> None:
    data = AvroCodec(registered).encode(SAMPLES["whence.order.OrderFilled"])
    with Registry({"url": schema_registry_url}, full_topic) as fresh, caplog.at_level(logging.INFO):
        reader = AvroCodec(fresh)
        for _ in range(3):
            assert reader.decode(data) == SAMPLES["whence.order.OrderFilled"]
    requests = [record for record in caplog.records if "/schemas/ids/" in record.getMessage()]
    assert len(requests) == 1


def test_a_schema_id_that_the_registry_does_not_have_is_refused(registered: Registry) -> None:
    with pytest.raises(
        UnknownSchema, match=r"schema 123456789 of a registry, which the one at http.* does not have"
    ):
        AvroCodec(registered).decode(b"\x00" + (123456789).to_bytes(4, "big") + bytes(40))


def test_a_foreign_schema_of_the_registry_is_refused(registry: Registry, registered: Registry) -> None:
    grown = _edited(_FILL, _add_a_field)
    foreign = registry.register(grown).schema_id
    with pytest.raises(UnknownSchema, match=rf"schema {foreign} of the registry at .* is not in schemas/"):
        AvroCodec(registered).decode(b"\x00" + foreign.to_bytes(4, "big") + bytes(40))


def test_truncated_bytes_with_a_registry_prefix_are_refused(registered: Registry) -> None:
    codec = AvroCodec(registered)
    data = codec.encode(SAMPLES["whence.order.OrderFilled"])
    for size in range(len(data)):
        with pytest.raises(LogCorrupt):
            codec.decode(data[:size])


def test_credentials_in_the_url_are_never_shown(
    registry: Registry, topic: str, caplog: pytest.LogCaptureFixture
) -> None:
    url = _with_credentials(registry.address)
    with Registry({"url": url}, topic) as named, caplog.at_level(logging.DEBUG):
        named.register(_FILL)
        with pytest.raises(UnknownSchema) as refused:
            AvroCodec(named)
    assert "geheim" not in caplog.text
    assert "geheim" not in named.address + str(refused.value) + repr(vars(named))


def test_a_registry_that_does_not_answer_is_reported_without_its_credentials(topic: str) -> None:
    nowhere = f"http://whence:geheim@127.0.0.1:{free_port()}/apis/ccompat/v7"
    with (
        Registry({"url": nowhere, "max.retries": 0}, topic) as registry,
        pytest.raises(
            LogUnavailable, match=r"registry at http://127\.0\.0\.1:\d+/.* does not answer"
        ) as failed,
    ):
        registry.id_of(_FILL)
    assert "geheim" not in _everything(failed.value)


def test_ids_that_a_registry_gave_serve_while_it_does_not_answer(
    registered: Registry, full_topic: str, tmp_path: Path
) -> None:
    remembered = tmp_path / "registry.json"
    with Registry({"url": registered.address}, full_topic, RememberedIds(remembered)) as answering:
        data = [AvroCodec(answering).encode(one) for one in SAMPLES.values()]
    nowhere: dict[str, str | int | float | bool] = {
        "url": f"http://127.0.0.1:{free_port()}/apis/ccompat/v7",
        "max.retries": 0,
    }
    with Registry(nowhere, full_topic, RememberedIds(remembered)) as silent:
        codec = AvroCodec(silent)
        assert [codec.encode(one) for one in SAMPLES.values()] == data
        assert [codec.decode(one) for one in data] == list(SAMPLES.values())
        with pytest.raises(LogUnavailable, match="does not answer"):
            codec.decode(b"\x00" + (123456789).to_bytes(4, "big") + bytes(40))


def test_each_outage_of_a_registry_is_logged_once_also_after_it_answered_between(
    registered: Registry, full_topic: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    target = urlsplit(registered.address)
    gateway = Gateway((target.hostname or "", target.port or 80), free_port())
    behind: dict[str, str | int | float | bool] = {
        "url": urlunsplit(target._replace(netloc=gateway.place)),
        "max.retries": 0,
    }
    remembered, passed = RememberedIds(tmp_path / "registry.json"), count(step=1_000.0)
    with Registry({"url": registered.address}, full_topic, remembered) as answering:
        schemas = list(current_schemas().values())[:5]
        ids = [answering.id_of(schema) for schema in schemas]
    with Registry(behind, full_topic, remembered, clock=lambda: next(passed)) as registry:
        found = [registry.id_of(schemas[0]), registry.id_of(schemas[1])]
        gateway.open()
        found.append(registry.id_of(schemas[2]))
        gateway.close()
        found += [registry.id_of(schemas[3]), registry.id_of(schemas[4])]
    assert found == ids
    warned = [one.message for one in caplog.records if "ids that it gave before are used" in one.message]
    assert len(warned) == 2


@pytest.mark.parametrize("content", ["", "scribble", "[]", '{"x": "y"}', '{"1": 2}'])
def test_a_damaged_file_of_remembered_ids_is_made_anew(tmp_path: Path, content: str) -> None:
    file = tmp_path / "registry.json"
    file.write_text(content)
    RememberedIds(file).add(7, _FILL.fingerprint)
    assert RememberedIds(file).id_of(_FILL.fingerprint) == 7


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"url": "kafka://whence:geheim@host"},
        {"url": "whence:geheim@host:8081"},
        {"url": "http://whence:geheim@host:8081", "colour": "red"},
        {"url": "http://host:8081", "basic.auth.user.info": "geheim"},
    ],
)
def test_invalid_properties_are_refused_without_credentials(properties: dict[str, str], topic: str) -> None:
    with pytest.raises(InvalidSettings, match="registry: ") as refused:
        Registry(properties, topic)
    assert "geheim" not in _everything(refused.value)


def _everything(error: BaseException | None) -> str:
    """The text that a traceback shows of an error and of its causes."""
    if error is None:
        return ""
    behind = error.__cause__ if error.__suppress_context__ else error.__context__
    return f"{error!r} {error} {_everything(behind)}"


def _with_credentials(address: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=f"whence:geheim@{parts.netloc}"))


def _add_a_field(source: Json) -> None:
    source["fields"].append({"name": "of_this_test", "type": "string", "default": ""})


def _make_price_a_double(source: Json) -> None:
    next(field for field in source["fields"] if field["name"] == "price")["type"] = "double"


def _edited(schema: WriterSchema, edit: Callable[[Json], None]) -> WriterSchema:
    source = copy.deepcopy(schema.source)
    source["version"] = schema.version + 1
    edit(source)
    return writer_schema(source)
