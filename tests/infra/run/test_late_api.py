"""An engine that does not await its API trades on while that cannot be started, and its API serves later."""

from __future__ import annotations

import socket
import subprocess
import threading
from pathlib import Path

import httpx2
import pytest

from adapters.mailbox import Mailbox
from domain.errors import LogReadOnly, ServerFailed
from infra.cli.serving import ApiOptions, plan_of
from infra.config import WhenceSettings
from infra.run import apart
from infra.run.apart import ApiApart, Embedding
from infra.run.watchers import Watchers
from tests.journeys.program import whence

_PATIENCE = 120.0


class Starts:
    """Starts of the API's process, of which the first ones fail."""

    def __init__(self, failing: int) -> None:
        self.failing, self._started = failing, apart.__dict__["_started"]

    def __call__(self, *shared: int) -> tuple[socket.socket, subprocess.Popen[bytes]]:
        if self.failing:
            self.failing -= 1
            raise OSError("no memory")
        found: tuple[socket.socket, subprocess.Popen[bytes]] = self._started(*shared)
        return found


def embedding() -> Embedding:
    return Embedding(Mailbox(), "paper", "reads only", Watchers(), closed=LogReadOnly("it is a test"))


def settings_in(folder: Path) -> WhenceSettings:
    return WhenceSettings(log=f"sqlite:///{folder}/log.db", keys=folder / ".whence" / "keys")


def test_the_block_begins_before_an_api_serves_whose_first_start_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_in(tmp_path)
    made = whence(tmp_path, "paper", "--bars", "20", "--log", settings.log)
    assert made.returncode == 0, made.stderr
    starts, serves = Starts(1), threading.Event()
    monkeypatch.setattr(apart, "_started", starts)
    plan = plan_of(ApiOptions(port=0))
    with ApiApart(settings, plan, embedding(), late=lambda _: serves.set()) as api:
        assert not serves.is_set()
        api.check()
        assert serves.wait(_PATIENCE)
        assert httpx2.get(f"{api.url}/healthz", timeout=20).status_code == 200
        api.check()
    assert starts.failing == 0


def test_an_api_that_is_awaited_and_cannot_be_started_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "_started", Starts(1))
    with (
        pytest.raises(ServerFailed, match="no memory"),
        ApiApart(settings_in(tmp_path), plan_of(ApiOptions(port=0)), embedding()),
    ):
        pytest.fail("the block has begun")
