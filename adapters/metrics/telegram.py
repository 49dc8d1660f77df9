"""The metrics of `whence telegram`."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from prometheus_client import CollectorRegistry

from adapters.metrics import catalogue
from adapters.metrics.registry import counter, gauge


class Outcome(StrEnum):
    """What became of an alert in a chat. SUPPRESSED: it repeats one that nobody has acknowledged. UNDELIVERABLE: the
    chat accepts no messages, or Telegram refuses this one."""

    ARRIVED = "arrived"
    SUPPRESSED = "suppressed"
    UNDELIVERABLE = "undeliverable"


class TelegramMetrics:
    """Counts what the bot does."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._strangers = counter(catalogue.TELEGRAM_STRANGERS, registry)
        self._alerts = counter(catalogue.TELEGRAM_ALERTS, registry)
        self._waiting = gauge(catalogue.TELEGRAM_WAITING, registry)

    def stranger(self) -> None:
        """An update came from somebody who is not on the allow-list."""
        self._strangers.inc()

    def alert(self, level: str, outcome: Outcome, count: int = 1) -> None:
        """Alerts of a level are finished."""
        self._alerts.labels(level, outcome.value).inc(count)

    def watch(self, waiting: Callable[[], int]) -> None:
        """Reads the number of waiting alerts at each scrape."""
        self._waiting.set_function(waiting)
