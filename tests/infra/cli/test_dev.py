"""whence dev: a developer's round trip, each command a process of its own."""

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

from infra.servers.kafka import probe_kafka
from infra.servers.launch import RunningProcess
from infra.servers.postgres import probe_postgres
from infra.servers.registry import probe_registry
from infra.servers.server import NotAnswering
from infra.servers.temporary import temporary_folder

_VARIABLES = ("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL", "DATABASE_URL")
_ASK: dict[str, Callable[[str, float], None]] = dict(
    zip(_VARIABLES, (probe_kafka, probe_registry, probe_postgres), strict=True)
)


class Developer:
    """Someone at a shell whose servers live in a folder of their own."""

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
    someone = Developer(folder)
    yield someone
    someone.types("down", "--wipe")
    shutil.rmtree(folder)


def test_up_status_down_and_up_again(developer: Developer) -> None:
    first = developer.types("up")
    urls = dict(re.findall(r"^export (\w+)=(\S+)$", first.stdout, re.MULTILINE))
    assert tuple(urls) == _VARIABLES, first.stderr
    for variable, url in urls.items():
        _ASK[variable](url, 5.0)

    status = developer.status()
    assert {name: health["state"] for name, health in status.items()} == dict.fromkeys(status, "answers")
    assert developer.types("status").returncode == 0

    assert developer.types("up").stdout == first.stdout
    assert developer.status() == status, "a second up starts nothing"

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
            _ASK[variable](url, 1.0)

    assert developer.types("up").stdout == first.stdout, "ports and password last"


def test_a_password_is_in_the_export_line_and_nowhere_else(developer: Developer) -> None:
    elsewhere = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "SCHEMA_REGISTRY_URL": "http://127.0.0.1:1"}
    url = "postgresql://whence:hunter2@127.0.0.1:1/whence"

    given = developer.types("up", DATABASE_URL=url, **elsewhere)
    assert f"export DATABASE_URL={url}" in given.stdout
    assert given.stderr == "", "what the environment names is not started"

    for words in (["status"], ["status", "--json"]):
        told = developer.types(*words, DATABASE_URL=url, **elsewhere)
        assert told.returncode == 1
        assert "silent" in told.stdout
        assert "hunter2" not in told.stdout + told.stderr


def _kill(pid: int | str | None) -> None:
    process = psutil.Process(int(pid or 0))
    process.kill()
    process.wait(30)
