"""A sandbox whose process does not begin ends within the time of a start, and leaves no process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from infra.telegram.sandbox.plan import SandboxPlace
from infra.telegram.sandbox.sandbox import Sandbox, SandboxFailed
from tests.infra.telegram.sandbox.test_plan import settings

pytestmark = pytest.mark.anyio
_MODULE = "infra.telegram.sandbox.sandbox"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[asyncio.subprocess.Process]:
    """The processes that are started."""
    found: list[asyncio.subprocess.Process] = []
    start: Callable[..., Awaitable[asyncio.subprocess.Process]] = asyncio.create_subprocess_exec

    async def recorded(*words: Any, **options: Any) -> asyncio.subprocess.Process:
        found.append(await start(*words, **options))
        return found[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", recorded)
    return found


async def start(folder: Path, seconds: float) -> None:
    async with aiohttp.ClientSession() as session:
        sandbox = Sandbox(SandboxPlace(settings(folder)), session, start_seconds=seconds)
        try:
            await sandbox.start()
        finally:
            assert sandbox.api is None
            assert not await sandbox.stop()


async def test_a_process_that_prints_no_token_is_ended_after_the_time_of_a_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[asyncio.subprocess.Process]
) -> None:
    monkeypatch.setattr(f"{_MODULE}._PROGRAM", "tokenize")  # it reads standard input, and prints at its end
    with pytest.raises(SandboxFailed, match="it has not begun within 0 seconds"):
        await start(tmp_path, 0.2)
    assert [one.returncode is None for one in started] == [False]


async def test_a_process_that_ends_before_it_trades_is_reported_with_its_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[asyncio.subprocess.Process]
) -> None:
    monkeypatch.setattr(f"{_MODULE}._PROGRAM", "this")  # it prints some lines, and ends
    with pytest.raises(SandboxFailed, match="it has ended with code 0"):
        await start(tmp_path, 30)
    assert len(started) == 1


async def test_an_error_before_the_process_has_its_plan_ends_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[asyncio.subprocess.Process]
) -> None:
    def fails(*_given: object) -> None:
        raise OSError(32, "Broken pipe")

    monkeypatch.setattr(f"{_MODULE}._Running._give", fails)
    with pytest.raises(OSError, match="Broken pipe"):
        await start(tmp_path, 30)
    assert [one.returncode is None for one in started] == [False]
