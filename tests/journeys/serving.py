"""`whence api` as a shell starts it, and what it is asked."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx2

from tests.journeys.program import Running, running


@dataclass
class Started:
    """The program, where it answers, and what it said until it did."""

    program: Running
    url: str
    said: list[dict[str, Any]]

    def ask(self, query: str, token: str | None = None, **variables: object) -> dict[str, Any]:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        told = {"query": query, "variables": variables}
        answer = httpx2.post(f"{self.url}", json=told, headers=headers, timeout=20)
        return cast(dict[str, Any], answer.json())

    def stop(self) -> tuple[int, str]:
        """As `kill` does; the exit code, and what it said until then."""
        self.program.process.send_signal(signal.SIGTERM)
        code, _, err = self.program.ended()
        return code, err


@contextmanager
def started(folder: Path, *words: str) -> Generator[Started]:
    with running(folder, "api", "--port", "0", *words) as program:
        assert program.process.stderr is not None
        said: list[dict[str, Any]] = []
        for line in program.process.stderr:
            said.append(json.loads(line))
            if said[-1]["event"].startswith("without a token"):
                break
        told = " ".join(str(one["event"]) for one in said)
        found = re.search(r"API on (\S+)", told)
        assert found, told
        yield Started(program, found[1], said)
