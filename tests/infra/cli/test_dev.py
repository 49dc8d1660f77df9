"""`whence dev`: a developer's session, each command in its own process."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import typer

from infra.cli.dev import status
from infra.config import shown
from infra.servers import development
from infra.servers.development import Health
from infra.servers.kafka import probe_kafka
from infra.servers.launch import RunningProcess
from infra.servers.postgres import probe_postgres
from infra.servers.registry import probe_registry
from infra.servers.server import NotAnswering
from infra.servers.temporary import temporary_folder

_VARIABLES = ("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL", "DATABASE_URL")
_PROBES: dict[str, Callable[[str, float], None]] = dict(
    zip(_VARIABLES, (probe_kafka, probe_registry, probe_postgres), strict=True)
)


class Developer:
    """A developer at a shell, with a separate folder for the servers."""

    def __init__(self, folder: Path) -> None:
        clean = {name: value for name, value in os.environ.items() if name not in _VARIABLES}
        self.environment = clean | {"DEV_SERVERS_FOLDER": str(folder)}

    def types(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from infra.cli.dev import dev_app; dev_app()", *words],
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parents[3],
            env=self.environment | more,
        )

    def status(self, **more: str) -> dict[str, dict[str, str | int | None]]:
        found: dict[str, dict[str, str | int | None]] = json.loads(
            self.types("status", "--json", **more).stdout
        )
        return found


@pytest.fixture
def developer() -> Iterator[Developer]:
    folder = temporary_folder("dev")
    typist = Developer(folder)
    yield typist
    typist.types("down", "--wipe")
    shutil.rmtree(folder)


def test_servers_start_report_stop_and_start_again_on_the_same_addresses(developer: Developer) -> None:
    first = developer.types("up")
    urls = dict(re.findall(r"^export (\w+)=(\S+)$", first.stdout, re.MULTILINE))
    assert tuple(urls) == _VARIABLES, first.stderr
    for variable, url in urls.items():
        _PROBES[variable](url, 5.0)

    status = developer.status()
    assert {name: health["state"] for name, health in status.items()} == dict.fromkeys(status, "answers")
    assert developer.types("status").returncode == 0

    assert developer.types("up").stdout == first.stdout
    assert developer.status() == status, "a second up must start nothing"

    _kill(status["kafka"]["pid"])
    assert [health["state"] for health in developer.status().values()] == ["stopped", "answers", "answers"]
    assert developer.types("status").returncode == 1

    assert developer.types("down").returncode == 0
    assert {health["state"] for health in developer.status().values()} == {"stopped"}
    assert [
        health["pid"] for health in status.values() if RunningProcess(int(health["pid"] or 0)).alive
    ] == []
    for variable, url in urls.items():
        with pytest.raises(NotAnswering):
            _PROBES[variable](url, 1.0)

    assert developer.types("up").stdout == first.stdout, "ports and password must be kept"


def test_a_password_is_shown_only_in_the_export_line(developer: Developer) -> None:
    elsewhere = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "SCHEMA_REGISTRY_URL": "http://127.0.0.1:1"}
    url = "postgresql://whence:hunter2@127.0.0.1:1/whence"

    given = developer.types("up", DATABASE_URL=url, **elsewhere)
    assert f"export DATABASE_URL={url}" in given.stdout
    assert given.stderr == "", "a server named in the environment must not be started"

    for words in (["status"], ["status", "--json"]):
        done = developer.types(*words, DATABASE_URL=url, **elsewhere)
        assert done.returncode == 1
        assert "silent" in done.stdout
        assert "hunter2" not in done.stdout + done.stderr


def _kill(pid: int | str | None) -> None:
    process = psutil.Process(int(pid or 0))
    process.kill()
    process.wait(30)


def test_the_status_never_breaks_an_address_or_a_path_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    url, log = f"postgresql://whence@127.0.0.1:5432/{'x' * 60}", Path("/home") / ("y" * 90) / "log"
    found = [Health("postgres", "DATABASE_URL", url, "answers", given=False, log=log)]
    monkeypatch.setattr(development, "status", lambda: iter(found))
    with pytest.raises(typer.Exit):
        status()
    assert capsys.readouterr().out.splitlines() == [
        "postgres answers",
        f"    {shown(url)}",
        f"    log: {log}",
    ]
