"""Runs the bot until a signal."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from adapters.metrics.telegram import TelegramMetrics
from adapters.telegram.settings import TelegramSettings
from infra.alerts import AlertSettings
from infra.telegram.process import run_bot
from infra.telegram.sandbox.plan import SandboxPlace
from infra.telegram.secrets import TelegramSecrets

_TURN_SECONDS = 1.0


async def until_stopped(
    settings: TelegramSettings,
    secrets: TelegramSecrets,
    metrics: TelegramMetrics,
    partition: int,
    alerts: AlertSettings,
    sandbox: SandboxPlace | None,
    turn: Callable[[], None],
) -> None:
    """Runs the bot until SIGINT or SIGTERM; messages in flight are awaited. Raises InvalidInput.

    `turn` is called once a second as long as the event loop turns.
    """
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    turning = asyncio.create_task(_turn(turn))
    try:
        await run_bot(
            settings, secrets, metrics, stopping, partition=partition, alerts=alerts, sandbox=sandbox
        )
    finally:
        turning.cancel()


async def _turn(turn: Callable[[], None]) -> None:
    while True:
        turn()
        await asyncio.sleep(_TURN_SECONDS)
