"""docker-compose.yml: no Docker runs here, so the file is checked against its specification and against the code."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import cast

import pytest
import yaml

from infra.servers import kafka, registry

_ROOT = Path(__file__).parents[2]
_FILE = _ROOT / "docker-compose.yml"
_POM = {"m": "http://maven.apache.org/POM/4.0.0"}

Service = dict[str, object]


@pytest.fixture(scope="module")
def services() -> dict[str, Service]:
    return cast(dict[str, dict[str, Service]], yaml.safe_load(_FILE.read_text()))["services"]


@pytest.fixture(scope="module")
def project() -> dict[str, object]:
    return cast(dict[str, dict[str, object]], tomllib.loads((_ROOT / "pyproject.toml").read_text()))[
        "project"
    ]


def test_the_file_follows_the_compose_specification() -> None:
    assert _checked(_FILE).returncode == 0, _checked(_FILE).stdout


def test_a_misspelled_key_fails_the_check(tmp_path: Path) -> None:
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(_FILE.read_text().replace("healthcheck:", "heathcheck:", 1))
    assert "heathcheck" in _checked(broken).stdout


@pytest.mark.parametrize(
    ("service", "pom", "artifact"),
    [("kafka", kafka.POM, "kafka_2.13"), ("registry", registry.POM, "apicurio-registry-app")],
)
def test_images_have_the_versions_that_the_tests_run(
    services: dict[str, Service], service: str, pom: Path, artifact: str
) -> None:
    assert _tag(services[service]) == _version_in(pom, artifact)


def test_the_app_has_the_version_of_this_project(
    services: dict[str, Service], project: dict[str, object]
) -> None:
    assert {_tag(services[name]) for name in ("app", "schemas", "projections", "api")} == {project["version"]}


def test_every_image_is_pinned(services: dict[str, Service]) -> None:
    unpinned = [
        name for name, service in services.items() if not re.fullmatch(r"v?\d+\.\d+(\.\d+)?", _tag(service))
    ]
    assert unpinned == []


def test_long_running_services_have_health_checks_and_listen_on_this_machine_only(
    services: dict[str, Service],
) -> None:
    lasting = {name: service for name, service in services.items() if service.get("restart")}
    assert set(lasting) == {
        "kafka",
        "registry",
        "kafka-ui",
        "akhq",
        "console",
        "postgres",
        "projections",
        "api",
    }
    assert [name for name, service in lasting.items() if "healthcheck" not in service] == []
    ports = [port for service in services.values() for port in cast(list[str], service.get("ports", []))]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_services_wait_for_conditions_instead_of_times(services: dict[str, Service]) -> None:
    conditions = {
        condition["condition"]
        for service in services.values()
        for condition in cast(dict[str, dict[str, str]], service.get("depends_on", {})).values()
    }
    assert conditions == {"service_healthy", "service_completed_successfully"}


def test_the_data_of_the_servers_and_the_keys_are_on_volumes(services: dict[str, Service]) -> None:
    volumes = {name: service["volumes"] for name, service in services.items() if "volumes" in service}
    keys = ["keys:/var/lib/whence/keys"]
    assert volumes == {
        "kafka": ["kafka:/var/lib/kafka/data"],
        "postgres": ["postgres:/var/lib/postgresql"],
        **dict.fromkeys(("api", "app", "projections"), keys),
    }
    environment = cast(dict[str, object], services["kafka"]["environment"])
    assert environment["KAFKA_LOG_DIRS"] == "/var/lib/kafka/data"


def test_passwords_come_from_the_environment(services: dict[str, Service]) -> None:
    secrets = [
        str(value)
        for service in services.values()
        for name, value in cast(dict[str, object], service.get("environment", {})).items()
        if re.search("PASSWORD|SECRET|TOKEN", name)
    ]
    assert secrets
    assert [secret for secret in secrets if not re.fullmatch(r"\$\{[A-Z_]+:-[a-z-]+\}", secret)] == []


def test_the_image_installs_a_python_this_project_supports_and_only_locked_packages(
    project: dict[str, object],
) -> None:
    dockerfile = (_ROOT / "infra" / "docker" / "Dockerfile").read_text()
    pythons = set(re.findall(r"^FROM python:(\d+\.\d+)\.\d+-slim-bookworm", dockerfile, re.MULTILINE))
    assert len(pythons) == 1
    assert f"Programming Language :: Python :: {pythons.pop()}" in cast(list[str], project["classifiers"])
    assert "--require-hashes --requirement requirements/image.lock" in dockerfile
    image, everything = (_pins(_ROOT / "requirements" / f"{name}.lock") for name in ("image", "dev"))
    assert {package: pin for package, pin in image.items() if everything.get(package) != pin} == {}


def _checked(file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )


def _tag(service: Service) -> str:
    return str(service["image"]).rpartition(":")[2]


def _version_in(pom: Path, artifact: str) -> str | None:
    tree = ET.parse(pom)  # noqa: S314 - a trusted file
    return tree.findtext(f".//m:dependency[m:artifactId='{artifact}']/m:version", namespaces=_POM)


def _pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", lock.read_text(), re.MULTILINE))
