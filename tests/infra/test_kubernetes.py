"""The Kubernetes manifests: they follow the schemas of Kubernetes, and agree with the program and with the image."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from adapters.http.options import LOOPBACK_NAMES
from adapters.marks.key_folder import KeyFolder
from infra.run.live_plan import Rhythm
from tests.infra.parsed import check_variables, parsed

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "infra" / "kubernetes"
PAGE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
VERSIONS = (("--kubernetes-version", "1.34"), ())
"""The oldest version of Kubernetes that the manifests are for, and the newest one that the package of schemas has."""
# Of the pod security standard `restricted`, besides what the pod states.
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}

Tree = dict[str, Any]
KUSTOMIZATION = cast(Tree, yaml.safe_load((FOLDER / "kustomization.yaml").read_text()))


def manifests() -> list[Tree]:
    files = (FOLDER / name for name in KUSTOMIZATION["resources"])
    return [one for file in files for one in yaml.safe_load_all(file.read_text())]


def of_kind(kind: str) -> dict[str, Tree]:
    return {one["metadata"]["name"]: one for one in manifests() if one["kind"] == kind}


DEPLOYMENTS = of_kind("Deployment")
WORKLOADS = {**DEPLOYMENTS, **of_kind("Job")}


def pod(name: str) -> Tree:
    return cast(Tree, WORKLOADS[name]["spec"]["template"]["spec"])


def containers(name: str) -> Iterator[Tree]:
    yield from pod(name).get("initContainers", [])
    yield from pod(name)["containers"]


def main(name: str) -> Tree:
    (container,) = pod(name)["containers"]
    return cast(Tree, container)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_manifests_follow_the_schemas_of_kubernetes(version: Sequence[str]) -> None:
    files = [FOLDER / name for name in KUSTOMIZATION["resources"]]
    checked = _checked(files, version)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.count(" passed for resource ") == len(manifests())


def test_a_misspelled_field_fails_the_check(tmp_path: Path) -> None:
    broken = tmp_path / "engine.yaml"
    broken.write_text((FOLDER / "engine.yaml").read_text().replace("replicas:", "replica:"))
    checked = _checked([broken], VERSIONS[0])
    assert checked.returncode != 0
    assert "replica" in checked.stdout + checked.stderr


def _checked(files: Sequence[Path], version: Sequence[str]) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "kubernetes_validate", "--strict", *version, *map(str, files)]
    return subprocess.run(words, check=False, capture_output=True, text=True)


def test_every_file_is_a_resource_and_the_image_has_the_version_of_the_project() -> None:
    assert set(KUSTOMIZATION) == {"apiVersion", "kind", "namespace", "labels", "resources", "images"}
    others = {file.name for file in FOLDER.iterdir()} - {"kustomization.yaml"}
    assert others == set(KUSTOMIZATION["resources"])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert KUSTOMIZATION["images"] == [{"name": "whence", "newTag": project["version"]}]
    assert {one["image"] for name in WORKLOADS for one in containers(name)} == {"whence"}
    assert KUSTOMIZATION["namespace"] in of_kind("Namespace")


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_container_has_no_right_that_it_does_not_need_and_states_its_resources(name: str) -> None:
    dockerfile = (ROOT / "infra" / "docker" / "Dockerfile").read_text()
    (user,) = {int(found) for found in re.findall(r"--uid (\d+)", dockerfile)}
    assert f"USER {user}" in dockerfile
    assert pod(name)["securityContext"] == {
        "runAsNonRoot": True,
        **dict.fromkeys(("runAsUser", "runAsGroup", "fsGroup"), user),
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert pod(name)["automountServiceAccountToken"] is False
    for container in containers(name):
        assert container["securityContext"] == RESTRICTED
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}
        assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize("name", WORKLOADS)
def test_the_program_accepts_the_command_line_and_the_variables_of_a_container(name: str) -> None:
    parsed(main(name)["args"])
    given = {one["name"]: one["value"] for one in main(name).get("env", [])}
    check_variables({**_settings(), **given})


def _settings() -> dict[str, str]:
    return cast(dict[str, str], of_kind("ConfigMap")["whence-settings"]["data"])


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_secret_is_made_by_a_command_of_the_page_and_a_mount_has_a_volume(name: str) -> None:
    volumes = pod(name).get("volumes", [])
    secrets = {one["secret"]["secretName"] for one in volumes if "secret" in one}
    for container in containers(name):
        sources = container.get("envFrom", [])
        secrets |= {one["secretRef"]["name"] for one in sources if "secretRef" in one}
        maps = {one["configMapRef"]["name"] for one in sources if "configMapRef" in one}
        assert maps <= set(of_kind("ConfigMap"))
        mounted = {one["name"] for one in container.get("volumeMounts", [])}
        assert mounted <= {one["name"] for one in volumes}
    assert [one for one in secrets if f"create secret generic {one} " not in PAGE] == []
    assert of_kind("Secret") == {}


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_every_place_that_a_program_writes_to_is_a_volume(name: str) -> None:
    settings = _settings() | {one["name"]: one["value"] for one in main(name).get("env", [])}
    mounts = [one["mountPath"] for one in main(name)["volumeMounts"]]
    written = [settings[key] for key in ("WHENCE_KEYS", "XDG_CACHE_HOME", "WHENCE_PULSE") if key in settings]
    assert [one for one in (*written, "/tmp") if not one.startswith(tuple(mounts))] == []  # noqa: S108


def test_the_engine_is_one_and_ends_before_the_next_one_starts() -> None:
    spec = DEPLOYMENTS["whence-engine"]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


def test_the_engine_has_longer_for_its_stop_than_it_settles() -> None:
    grace = pod("whence-engine")["terminationGracePeriodSeconds"]
    assert grace >= Rhythm().settle + 30


@pytest.mark.parametrize(
    ("age", "lives", "is_ready"),
    [(None, True, False), (0, True, True), (200, True, False), (700, False, False)],
    ids=["takes over the log or compares", "trades", "is slow", "hangs"],
)
def test_the_probes_of_the_engine_read_its_pulse(
    tmp_path: Path, age: float | None, lives: bool, is_ready: bool
) -> None:
    file = tmp_path / "pulse"
    if age is not None:
        file.touch()
        _grow_old(file, age)
    assert (_passes("livenessProbe", file), _passes("readinessProbe", file)) == (lives, is_ready)


def _grow_old(file: Path, age: float) -> None:
    then = time.time() - age
    os.utime(file, (then, then))


def _passes(probe: str, file: Path) -> bool:
    command = main("whence-engine")[probe]["exec"]["command"]
    return (
        subprocess.run(
            command,
            env={"WHENCE_PULSE": str(file), "PATH": "/usr/bin:/bin"},
            check=False,
            capture_output=True,
        ).returncode
        == 0
    )


def test_the_copied_keys_are_accepted_though_those_of_the_secret_are_not(tmp_path: Path) -> None:
    made = KeyFolder(tmp_path / "made").made()
    secret, held = tmp_path / "secret", tmp_path / "held"
    secret.mkdir()
    held.mkdir(mode=0o777)
    for file in (tmp_path / "made").glob("*.key"):
        (secret / file.name).write_bytes(file.read_bytes())
        (secret / file.name).chmod(0o440)
    for name in DEPLOYMENTS:
        (initial,) = pod(name)["initContainers"]
        shell = initial["command"][-1].replace("/keys/*", f"{shlex.quote(str(secret))}/*")
        words = ["sh", "-c", shell.replace("/var/lib/whence/held", shlex.quote(str(held)))]
        subprocess.run(words, check=True)
        assert list(KeyFolder(held / "keys").read()) == list(made)


def test_the_probes_of_the_api_name_a_host_that_it_knows_and_a_path_that_it_has() -> None:
    source = (ROOT / "adapters" / "http" / "app.py").read_text()
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        request = main("whence-api")[probe]["httpGet"]
        (host,) = [one["value"] for one in request["httpHeaders"] if one["name"] == "Host"]
        assert host in LOOPBACK_NAMES
        assert f'Route("{request["path"]}"' in source
    assert main("whence-api")["livenessProbe"]["httpGet"]["path"] == "/healthz"


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_deployment_has_a_disruption_budget_with_its_own_labels(name: str) -> None:
    labels = DEPLOYMENTS[name]["spec"]["template"]["metadata"]["labels"]
    assert DEPLOYMENTS[name]["spec"]["selector"]["matchLabels"] == labels
    assert of_kind("PodDisruptionBudget")[name]["spec"]["selector"]["matchLabels"] == labels


def test_the_network_is_closed_and_only_the_engine_reaches_the_exchange() -> None:
    policies = {name: one["spec"] for name, one in of_kind("NetworkPolicy").items()}
    assert policies["whence-nothing"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    outward = [name for name, one in policies.items() if "ipBlock" in str(one.get("egress", ""))]
    assert outward == ["whence-exchange"]
    engine = DEPLOYMENTS["whence-engine"]["spec"]["selector"]["matchLabels"]
    assert policies["whence-exchange"]["podSelector"]["matchLabels"] == engine
    assert policies["whence-routes"]["podSelector"]["matchLabels"] == engine
    (routed,) = policies["whence-routes"]["egress"]
    assert routed["to"] == [{"namespaceSelector": {"matchLabels": {"whence.routes": "true"}}}]
    (served,) = main("whence-api")["ports"]
    assert served["containerPort"] in [port["port"] for port in routed["ports"]]
    ports = {
        port["port"]
        for rule in policies["whence-servers"]["egress"]
        for port in rule["ports"]
        if port["port"] > 53
    }
    addresses = " ".join(_settings().values())
    assert {int(one) for one in re.findall(r":(\d+)/", addresses)} | {5432} == ports
