"""The sandbox beside an engine whose log is on Kafka: it has a file of its own, and nothing reaches the topic."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.roles import Role
from tests.adapters.simulated.server.serving import running_venue
from tests.infra.telegram.sandbox.test_journey import ADMIN, Real, bot_of, state_with, typed
from tests.infra.telegram.test_journey import latest
from tests.journeys.program import whence
from tests.journeys.serving import drained, started
from tests.telegram_server.server import BotServer

pytestmark = pytest.mark.anyio
_BEHIND = 30_000
"""Milliseconds by which the venue's market is behind this machine."""


@pytest.fixture
def log(kafka_bootstrap_servers: str, kafka_topic: str) -> str:
    return f"kafka://{kafka_bootstrap_servers}/{kafka_topic}?partition=0"


@pytest.fixture
def real(log: str, tmp_path: Path) -> Iterator[Real]:
    """The API of an engine on Kafka with a played market, and a venue with public prices."""
    (tmp_path / "whence.toml").write_text(f'log = "{log}"\n', encoding="utf-8")
    played = whence(tmp_path, "paper", "--bars", "50")
    assert played.returncode == 0, played.stderr
    made = whence(tmp_path, "tokens", "create", "telegram-admin", "--role", "admin")
    with (
        running_venue(start=time.time_ns() // 1_000_000 - _BEHIND) as venue,
        started(tmp_path) as serving,
        drained(serving.program, tmp_path / "api.log"),
    ):
        yield Real(venue, serving, dict.fromkeys(Role, made.stdout.strip()), [])


async def test_with_the_log_on_kafka_a_sandbox_has_a_log_of_its_own(
    real: Real, log: str, tmp_path: Path
) -> None:
    server = BotServer(asyncio.get_running_loop().time)
    server.chats.add(ADMIN)
    recorded = "{ events { totalCount } accounts { account openedBy } }"
    before = real.api.query(recorded)["data"]
    async with bot_of(real, server, tmp_path, log) as settings:
        await typed(server, ADMIN, "/debug_start", "The sandbox is starting.")
        await server.until(lambda: latest(server, ADMIN, "The sandbox runs, with a new log."), 200)
        await state_with(server, real.venue, "sandbox\nBalance")
        assert len(list(settings.debug.folder.glob("sandbox-*.db"))) > 0
        await typed(server, ADMIN, "/debug_stop", "The sandbox is stopped")
    assert real.api.query(recorded)["data"] == before
