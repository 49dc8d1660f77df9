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

from infra.run.live_plan import Rhythm
from infra.servers import kafka, registry
from tests.infra.parsed import check_variables, parsed
from tests.promtool import promtool

_ROOT = Path(__file__).parents[2]
_FILE = _ROOT / "docker-compose.yml"
MONITORING = _ROOT / "infra" / "docker" / "monitoring"
_PROVISIONED = "infra/monitoring/grafana/provisioning/datasources/prometheus.yml"
_REPLACED = re.compile(r"\$\{\w+:-([^}]*)\}")
_PROFILE = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)
_POM = {"m": "http://maven.apache.org/POM/4.0.0"}

PROGRAMS = ("app", "engine", "schemas", "projections", "api")
NO_SHELL = {"collector", "jaeger"}
"""Their images hold one program only, so that no health check can run in them."""

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
    assert {_tag(services[name]) for name in PROGRAMS} == {project["version"]}


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
        "engine",
        "prometheus",
        "grafana",
        *NO_SHELL,
    }
    assert {name for name, service in lasting.items() if "healthcheck" not in service} == NO_SHELL
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
    volumes = {
        name: [one for one in _mounts(service) if not one.startswith("./")]
        for name, service in services.items()
    }
    keys = "keys:/var/lib/whence/keys"
    assert {name: mounts for name, mounts in volumes.items() if mounts} == {
        "kafka": ["kafka:/var/lib/kafka/data"],
        "postgres": ["postgres:/var/lib/postgresql"],
        "prometheus": ["prometheus:/prometheus"],
        "grafana": ["grafana:/var/lib/grafana"],
        "engine": [keys, "cache:/var/lib/whence/cache"],
        **{name: [keys] for name in ("api", "app", "projections")},
    }
    environment = cast(dict[str, object], services["kafka"]["environment"])
    assert environment["KAFKA_LOG_DIRS"] == "/var/lib/kafka/data"


def test_every_file_that_is_mounted_exists_and_is_only_read(services: dict[str, Service]) -> None:
    files = [
        one.split(":") for service in services.values() for one in _mounts(service) if one.startswith("./")
    ]
    assert files
    for source, _, mode in files:
        assert (_ROOT / source).exists(), source
        assert mode == "ro"


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_program_accepts_the_command_line_and_the_variables_of_a_service(
    services: dict[str, Service], name: str
) -> None:
    parsed(cast(list[str], services[name]["command"]))
    given = cast(dict[str, str | None], services[name]["environment"])
    check_variables({key: _with_defaults(value or "") for key, value in given.items()})


def test_the_program_accepts_the_command_lines_of_the_page(services: dict[str, Service]) -> None:
    page = (_ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    in_containers = re.findall(r"^docker compose run --rm (\w+) (.+)$", page, re.MULTILINE)
    of_systemd = re.findall(r"^ExecStart=\S+/whence (.+)$", page, re.MULTILINE)
    assert (len(in_containers), len(of_systemd)) == (2, 1)
    assert {service for service, _ in in_containers} <= set(services)
    for words in (*(words for _, words in in_containers), *of_systemd):
        parsed(words.split())


def test_the_profiles_are_those_of_the_page(services: dict[str, Service]) -> None:
    page = (_ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    profiles = {one for service in services.values() for one in cast(list[str], service.get("profiles", []))}
    assert profiles == {"demo", "trade", "api", "monitoring", "traces", "ui"} == set(_PROFILE.findall(page))


def test_the_engine_has_longer_for_its_stop_than_it_settles(services: dict[str, Service]) -> None:
    grace = str(services["engine"]["stop_grace_period"])
    assert float(grace.removesuffix("s")) >= Rhythm().settle + 30


def test_the_engine_is_healthy_while_it_touches_its_pulse(services: dict[str, Service]) -> None:
    engine = services["engine"]
    file = cast(dict[str, str], engine["environment"])["WHENCE_PULSE"]
    assert file in cast(dict[str, list[str]], engine["healthcheck"])["test"]
    folders = [one.partition(":")[0] for one in cast(list[str], engine["tmpfs"])]
    assert str(Path(file).parent) in folders


def test_prometheus_reads_the_api_with_the_secret_and_grafana_reads_prometheus(
    services: dict[str, Service],
) -> None:
    checked = promtool("check", "config", "--syntax-only", MONITORING / "prometheus.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    (job,) = yaml.safe_load((MONITORING / "prometheus.yml").read_text())["scrape_configs"]
    (secret,) = cast(list[str], services["prometheus"]["secrets"])
    assert job["authorization"]["credentials_file"] == f"/run/secrets/{secret}"
    (target,) = job["static_configs"][0]["targets"]
    assert target.partition(":")[0] in cast(list[str], services["api"]["command"])
    (source,) = yaml.safe_load((MONITORING / "datasource.yml").read_text())["datasources"]
    (provisioned,) = yaml.safe_load((_ROOT / _PROVISIONED).read_text())["datasources"]
    assert source == provisioned | {"url": "http://prometheus:9090"}


def test_the_engine_sends_its_spans_to_the_collector_and_the_collector_to_jaeger(
    services: dict[str, Service],
) -> None:
    collector = yaml.safe_load((MONITORING / "collector.yml").read_text())
    port = collector["receivers"]["otlp"]["protocols"]["http"]["endpoint"].rpartition(":")[2]
    environment = cast(dict[str, str], services["engine"]["environment"])
    assert environment["OTEL_EXPORTER_OTLP_ENDPOINT"] == f"http://collector:{port}"
    assert collector["exporters"]["otlp"]["endpoint"].partition(":")[0] in services
    for pipeline in collector["service"]["pipelines"].values():
        for kind, names in pipeline.items():
            assert set(names) <= set(collector[kind])


def test_passwords_come_from_the_environment(services: dict[str, Service]) -> None:
    secrets = [
        str(value)
        for service in services.values()
        for name, value in cast(dict[str, object], service.get("environment", {})).items()
        if re.search("PASSWORD|SECRET|TOKEN", name) and value is not None
    ]
    assert secrets
    assert [secret for secret in secrets if not re.fullmatch(r"\$\{[A-Z_]+:-[a-z-]+\}", secret)] == []


def test_the_image_installs_a_python_this_project_supports_and_only_locked_packages(
    project: dict[str, object],
) -> None:
    dockerfile = (_ROOT / "infra" / "docker" / "Dockerfile").read_text()
    pythons = set(re.findall(r"^ARG BASE=python:(\d+\.\d+)\.\d+-slim-bookworm", dockerfile, re.MULTILINE))
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


def _mounts(service: Service) -> list[str]:
    return cast(list[str], service.get("volumes", []))


def _with_defaults(value: str) -> str:
    """The value with the default of each variable that Compose replaces."""
    return _REPLACED.sub(r"\1", value)


def _tag(service: Service) -> str:
    return str(service["image"]).rpartition(":")[2]


def _version_in(pom: Path, artifact: str) -> str | None:
    tree = ET.parse(pom)  # noqa: S314 - a trusted file
    return tree.findtext(f".//m:dependency[m:artifactId='{artifact}']/m:version", namespaces=_POM)


def _pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", lock.read_text(), re.MULTILINE))
