"""The alerts of a run, made and sent while it runs. Most runs have no place to send to and do not import the store."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager

from adapters.log.address import MemoryAddress, parse_address
from commands.watchdog import Watchdog
from infra.config import WhenceSettings
from infra.dead_letters import FoundLetters
from infra.logs import open_reader


@contextmanager
def alerts_sent(settings: WhenceSettings) -> Generator[None]:
    """Sends the alerts of the settings' log while the body runs; does nothing where nothing is to be sent,
    and on a log in memory, which only its own engine can read.

    Raises LogError and StoreError at its start.
    """
    if settings.alerts.is_empty or isinstance(parse_address(settings.log), MemoryAddress):
        yield
        return
    from infra.run.alerting import Alerting
    from infra.run.rebuilding import partition_of
    from infra.store import migrated_store

    with migrated_store(settings) as engine, closing(open_reader(settings)) as reader:
        partition = partition_of(settings)
        found = FoundLetters(settings)
        alerting = Alerting(
            engine,
            reader,
            settings.alerts,
            partition=partition,
            letters=lambda: found().counts(),
        )
        alerting.start()
        try:
            yield
        finally:
            alerting.stop()
            found.close()


@contextmanager
def positions_alerted(settings: WhenceSettings, watchdog: Watchdog) -> Generator[None]:
    """Makes the notices while the body runs; none where no alerts are configured. Raises StoreError at its start."""
    if settings.alerts.is_empty:
        yield
        return
    from infra.run.position_alerts import PositionAlerts
    from infra.run.rebuilding import partition_of
    from infra.store import migrated_store

    with migrated_store(settings) as engine:
        alerts = PositionAlerts(
            engine, settings.alerts, settings.account, watchdog, partition=partition_of(settings)
        )
        alerts.start()
        try:
            yield
        finally:
            alerts.stop()
