"""`whence schemas`, here and against a real registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from typer.testing import CliRunner

from adapters.avro.schema import current_schemas
from domain.errors import InvalidInput, InvalidSettings, UnknownSchema
from infra.cli.schemas import schemas_app


@pytest.fixture
def topic(schema_registry_url: str) -> Iterator[str]:
    name = f"test.{uuid4().hex}"
    yield name
    with SchemaRegistryClient({"url": schema_registry_url, "timeout": 30}) as client:
        for subject in client.get_subjects(subject_prefix=name):
            if subject.startswith(name):
                client.delete_subject(subject)


@pytest.fixture(autouse=True)
def nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs each test in an empty folder, without a registry in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SCHEMA_REGISTRY_URL", raising=False)


def _output(*arguments: str) -> str:
    return (
        CliRunner()
        .invoke(schemas_app, list(arguments), catch_exceptions=False, env={"COLUMNS": "200"})
        .output
    )


def test_list_names_every_event_with_its_version_and_fingerprint() -> None:
    output = _output("list")
    for name, schema in current_schemas().items():
        line = next(line for line in output.splitlines() if name in line.split())
        assert line.split()[:3] == [name, str(schema.version), schema.fingerprint.hex()]


def test_show_prints_a_schema_of_any_version() -> None:
    assert json.loads(_output("show", "OrderFilled")) == current_schemas()["whence.order.OrderFilled"].source
    assert json.loads(_output("show", "whence.signal.SignalDetected", "--version", "1"))["version"] == 1


def test_an_unknown_event_or_version_is_refused() -> None:
    with pytest.raises(InvalidInput, match="there is no event 'OrderFiled': `whence schemas list`"):
        _output("show", "OrderFiled")
    with pytest.raises(
        InvalidInput, match=r"whence\.signal\.SignalDetected has versions 1 to 4, but no version 7"
    ):
        _output("show", "SignalDetected", "--version", "7")


def test_check_fails_before_register_and_passes_after_it(schema_registry_url: str, topic: str) -> None:
    place = ("--registry", schema_registry_url, "--topic", topic)
    every = len(current_schemas())
    with pytest.raises(
        UnknownSchema, match=f"{every} schemas are not registered at .*: whence schemas register"
    ):
        _output("check", *place)
    first = _output("register", *place)
    assert f"{topic}-whence.order.OrderFilled: registered as" in first
    assert f"{every} schemas at {schema_registry_url}: {every} new, 0 already registered." in first
    assert (
        _output("register", *place)
        == f"{every} schemas at {schema_registry_url}: 0 new, {every} already registered.\n"
    )
    checked = _output("check", *place)
    assert checked.count("FULL_TRANSITIVE") == every
    assert "not registered" not in checked


def test_the_registry_is_read_from_the_settings(schema_registry_url: str, topic: str) -> None:
    Path("whence.toml").write_text(f'[registry]\nurl = "{schema_registry_url}"\n')
    assert f"at {schema_registry_url}" in _output("register", "--topic", topic)


def test_register_without_a_registry_is_refused() -> None:
    with pytest.raises(InvalidSettings, match="no registry is configured"):
        _output("register")
