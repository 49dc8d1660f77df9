"""The metrics of what stands at an engine now, read from its world at each scrape."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from prometheus_client import CollectorRegistry

from adapters.metrics import catalogue
from adapters.metrics.registry import gauge
from commands.watchdog import Watchdog
from domain.breaker import UNBROKEN, Mode, Service


def show_standing(
    account: str, watchdog: Watchdog, clock: Callable[[], datetime], registry: CollectorRegistry
) -> None:
    """Registers the unprotected positions, and each circuit breaker; `clock` returns the time of a scrape (UTC)."""
    unprotected = gauge(catalogue.UNPROTECTED, registry)
    unprotected.labels(account).set_function(lambda: len(watchdog.unprotected(clock())))
    breakers = gauge(catalogue.BREAKER, registry)
    for service in Service:
        breakers.labels(account, service.value).set_function(_is_broken(watchdog, service))


def _is_broken(watchdog: Watchdog, service: Service) -> Callable[[], float]:
    return lambda: float(_breaker_mode(watchdog, service) is not Mode.CLOSED)


def _breaker_mode(watchdog: Watchdog, service: Service) -> Mode:
    return watchdog.world.portfolio.breakers.get(service, UNBROKEN).mode
