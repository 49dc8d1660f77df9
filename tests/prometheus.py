"""Debian's Prometheus, which scrapes programs under test by the rules and the job of `infra/monitoring`."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import httpx2
import yaml

from infra.servers.port import free_port
from tests.infra.monitoring.files import CONFIG, RULES

_PATIENCE = 60.0
_GLANCE = 0.1


class Prometheus:
    """A server that runs, and its API."""

    def __init__(self, address: str) -> None:
        self._address = address

    def vector(self, expression: str) -> Sequence[Mapping[str, Any]]:
        """The samples of an instant query. Raises AssertionError with Prometheus' text where it refuses the query."""
        return cast(Sequence[Mapping[str, Any]], self._data("query", query=expression)["result"])

    def rules(self) -> Sequence[Mapping[str, Any]]:
        """Every rule with its `health` and, of an alert, its `state`."""
        return [rule for group in self._data("rules")["groups"] for rule in group["rules"]]

    def until(self, expression: str) -> None:
        """Waits until the expression has a sample."""
        deadline = time.monotonic() + _PATIENCE
        while not self.vector(expression):
            assert time.monotonic() < deadline, f"no sample within {_PATIENCE:g} s: {expression}"
            time.sleep(_GLANCE)

    def ready(self, process: subprocess.Popen[bytes]) -> None:
        """Waits until it answers queries."""
        deadline = time.monotonic() + _PATIENCE
        while not self._is_ready():
            assert process.poll() is None, f"Prometheus has ended with the code {process.returncode}"
            assert time.monotonic() < deadline, f"Prometheus is not ready within {_PATIENCE:g} s"
            time.sleep(_GLANCE)

    def _is_ready(self) -> bool:
        try:
            return httpx2.get(f"{self._address}/-/ready", timeout=5).status_code == 200
        except httpx2.TransportError:
            return False

    def _data(self, what: str, **parameters: str) -> Mapping[str, Any]:
        response = httpx2.get(f"{self._address}/api/v1/{what}", params=parameters, timeout=20)
        answer = json.loads(response.content)
        assert answer["status"] == "success", answer
        return cast(Mapping[str, Any], answer["data"])


@contextmanager
def scraping(folder: Path, *urls: str) -> Generator[Prometheus]:
    """Prometheus with the project's configuration. It scrapes these addresses alone, every three seconds."""
    configured = yaml.safe_load(CONFIG.read_text())
    configured["global"] = {"scrape_interval": "3s", "evaluation_interval": "1s"}
    configured["rule_files"] = [str(RULES)]
    configured["scrape_configs"][0]["static_configs"] = [{"targets": [urlsplit(url).netloc for url in urls]}]
    file, log = folder / "prometheus.yml", folder / "prometheus.log"
    file.write_text(yaml.safe_dump(configured))
    port = free_port()
    words = [f"--config.file={file}", f"--storage.tsdb.path={folder / 'series'}"]
    with (
        log.open("wb") as lines,
        subprocess.Popen(
            ["prometheus", *words, f"--web.listen-address=127.0.0.1:{port}"], stdout=lines, stderr=lines
        ) as process,
    ):
        try:
            made = Prometheus(f"http://127.0.0.1:{port}")
            made.ready(process)
            yield made
        finally:
            process.terminate()
