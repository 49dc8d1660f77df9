"""Starts `whence api` as from a shell, and sends queries to it."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, cast

import httpx2

from tests.journeys.program import PATIENCE, Running, running


@dataclass
class Started:
    """The running program, the address of its API, the lines that it logged before it was ready, and its
    folder."""

    program: Running
    url: str
    logged: list[dict[str, Any]]
    folder: Path

    def page(self, path: str = "") -> str:
        """The address of a page beside GraphQL's; the dashboard without a path."""
        return f"{self.url.removesuffix('graphql')}{path}"

    def query(self, document: str, token: str | None = None, **variables: object) -> dict[str, Any]:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        request = {"query": document, "variables": variables}
        answer = httpx2.post(f"{self.url}", json=request, headers=headers, timeout=20)
        return cast(dict[str, Any], answer.json())

    def stop(self) -> tuple[int, str]:
        """Stops the program as `kill` does; returns its exit code and the rest of what it logged."""
        self.program.process.send_signal(signal.SIGTERM)
        code, _, err = self.program.ended()
        return code, err


@contextmanager
def started(folder: Path, *words: str) -> Generator[Started]:
    with running(folder, "api", "--port", "0", *words) as program:
        yield ready(program, folder)


def ready(program: Running, folder: Path) -> Started:
    """The API of the program, once it serves."""
    logged = logged_until(program, "requests without a token")
    text = " ".join(str(one["event"]) for one in logged)
    found = re.search(r"API on (\S+)", text)
    assert found, text
    return Started(program, found[1], logged, folder)


def logged_until(program: Running, start: str) -> list[dict[str, Any]]:
    """The lines that the program logs up to the first one that starts so, or up to its end."""
    assert program.process.stderr is not None
    logged: list[dict[str, Any]] = []
    for line in program.process.stderr:
        logged.append(json.loads(line))
        if logged[-1]["event"].startswith(start):
            break
    return logged


@contextmanager
def drained(program: Running, file: Path) -> Generator[None]:
    """Copies what the program logs to this file, until it ends: a pipe that nobody reads would stop it."""

    def copied() -> None:
        with file.open("w") as lines:
            lines.writelines(program.process.stderr or ())

    reader = Thread(target=copied, daemon=True)
    reader.start()
    yield
    program.process.terminate()
    reader.join(PATIENCE)
    assert not reader.is_alive()
