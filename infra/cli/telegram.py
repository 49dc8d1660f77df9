"""`whence telegram`: the bot, a client of the API."""

from __future__ import annotations

from infra.cli.options import ConfigOption
from infra.cli.scan import MetricsPortOption


def telegram(metrics_port: MetricsPortOption = None, config: ConfigOption = None) -> None:
    """Runs the bot of Telegram until Ctrl-C or SIGTERM. It shows the API's data, sends its users' requests to the API,
    and alerts them.

    Its users are those of the table [telegram] in whence.toml; docs/telegram.md has the first steps.
    """
    import asyncio
    import logging

    from adapters.extras import TELEGRAM, check_extras
    from adapters.metrics.registry import new_registry
    from adapters.metrics.scanner import served_metrics
    from adapters.metrics.telegram import TelegramMetrics
    from adapters.processes.announcement import ProcessRole
    from domain.errors import InvalidSettings
    from infra.config import load
    from infra.logging import configure
    from infra.run.announcing import Loop, Program, announced
    from infra.run.rebuilding import partition_of
    from infra.telegram.sandbox.plan import sandbox_place
    from infra.telegram.secrets import telegram_secrets

    check_extras("whence telegram", TELEGRAM)
    settings = load(config=config)
    if not settings.telegram.users:
        raise InvalidSettings(
            "telegram.users: nobody may use the bot; list at least one user with id and role, see docs/telegram.md"
        )
    sandbox = sandbox_place(settings)
    secrets = telegram_secrets(settings.telegram, settings.secrets)
    configure(logging.INFO, "telegram")
    registry = new_registry()
    metrics = TelegramMetrics(registry)
    end = None if metrics_port is None else served_metrics(registry, metrics_port)
    from infra.telegram.stopping import until_stopped

    loop = Loop()
    try:
        with announced(settings, Program(ProcessRole.TELEGRAM, ""), loop.standing):
            asyncio.run(
                until_stopped(
                    settings.telegram,
                    secrets,
                    metrics,
                    partition_of(settings),
                    settings.alerts,
                    sandbox,
                    loop.turn,
                )
            )
    finally:
        if end is not None:
            end()
