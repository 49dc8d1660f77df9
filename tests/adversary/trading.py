"""A program that trades a tape at a pace and serves its API, with the process of the API beside it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil

from infra.config import WhenceSettings
from infra.logs import open_reader
from tests.adversary.waiting import until
from tests.journeys.program import PATIENCE, WHENCE, environment, whence

PAUSE = """mutation($key: String!) {
  pauseStrategy(request: {idempotencyKey: $key}, strategy: "trend", reason: "attack") { __typename } }"""


@dataclass(frozen=True, slots=True)
class Trading:
    """The engine's process, its API's address, and its folder."""

    engine: psutil.Process
    url: str
    folder: Path
    token: str

    @property
    def api(self) -> psutil.Process:
        """The API's process, which is the only child of the engine's."""
        (child,) = self.engine.children()
        return child

    def ready(self) -> bool:
        """Whether the API answers a query."""
        try:
            answer = httpx2.post(self.url, json={"query": "{ __typename }"}, timeout=2)
        except httpx2.TransportError:
            return False
        return answer.status_code == 200

    def paused(self, key: str) -> str:
        """Requests a pause with this key; returns the type of the answer, or why there is none."""
        try:
            answer = httpx2.post(
                self.url,
                json={"query": PAUSE, "variables": {"key": key}},
                headers={"authorization": f"Bearer {self.token}"},
                timeout=20,
            )
        except httpx2.TransportError as fault:
            return type(fault).__name__
        if answer.status_code != 200:
            return str(answer.status_code)
        name: str = answer.json()["data"]["pauseStrategy"]["__typename"]
        return name

    @property
    def head(self) -> int:
        """The ordinal of the log's last event."""
        with closing(open_reader(self.settings)) as reader:
            return reader.head()

    def causes(self) -> list[str]:
        """The causes of all events, in order."""
        with closing(open_reader(self.settings)) as reader:
            return [str(one.envelope.meta.causation_id) for one in reader.read()]

    @property
    def settings(self) -> WhenceSettings:
        return WhenceSettings(log=f"sqlite:///{self.folder / 'whence.db'}")


@contextmanager
def trading(folder: Path, *words: str) -> Generator[Trading]:
    """Trades and serves within the context; both processes are gone afterwards."""
    token: str = json.loads(whence(folder, "tokens", "create", "eve", "--role", "trader", "--json").stdout)[
        "token"
    ]
    logged = folder / "stderr"
    with logged.open("w") as stderr:
        program = subprocess.Popen(
            [WHENCE, "paper", "--api", "--port", "0", "--pace", "6000x", *words],
            cwd=folder,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
    try:
        until(lambda: "without a token" in logged.read_text(), "the API came up")
        url = next(_addresses(logged))
        yield Trading(psutil.Process(program.pid), url, folder, token)
    finally:
        program.kill()
        program.wait(PATIENCE)


def _addresses(logged: Path) -> Generator[str]:
    for line in logged.read_text().splitlines():
        if found := re.search(r"API on ([^\s\"]+)", line):
            yield found[1]
