"""A process with a sandbox and nothing else of a bot: it prints the id of the sandbox's process when that is started,
then `begun` once the sandbox serves, and waits to be killed.

    python -m tests.infra.telegram.sandbox.lone_bot FOLDER ADDRESS PORT
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import aiohttp

from adapters.telegram.debug_settings import DebugSettings
from adapters.telegram.settings import TelegramSettings
from infra.config import WhenceSettings
from infra.telegram.sandbox.plan import SandboxPlace
from infra.telegram.sandbox.sandbox import Sandbox

_start = asyncio.create_subprocess_exec


async def _reported(*words: Any, **options: Any) -> asyncio.subprocess.Process:
    process = await _start(*words, **options)
    print(process.pid, flush=True)  # noqa: T201  # to the test
    return process


async def main(folder: Path, address: str, port: int) -> None:
    """Runs until it is killed."""
    debug = DebugSettings(on=True, address=address, port=port, folder=folder / "sandbox")
    settings = WhenceSettings(log=f"sqlite:///{folder / 'live.db'}", telegram=TelegramSettings(debug=debug))
    asyncio.create_subprocess_exec = _reported
    async with aiohttp.ClientSession() as session:
        sandbox = Sandbox(SandboxPlace(settings), session, start_seconds=600)
        await sandbox.start()
        print("begun", flush=True)  # noqa: T201
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
