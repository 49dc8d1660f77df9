"""The metrics of what stands at an engine now, read from its world at each scrape."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry

from adapters.metrics import catalogue
from adapters.metrics.registry import gauge
from commands.watchdog import Watchdog
from domain.breaker import UNBROKEN, Mode, Service
from domain.routed import OPEN_STATES, RouteState


def show_standing(
    account: str, watchdog: Watchdog, clock: Callable[[], datetime], registry: CollectorRegistry
) -> None:
    """Registers the unprotected positions, each circuit breaker, and the open routes to other engines. `clock` returns
    the time of a scrape (UTC).
    """
    unprotected = gauge(catalogue.UNPROTECTED, registry)
    unprotected.labels(account).set_function(lambda: len(watchdog.unprotected(clock())))
    breakers = gauge(catalogue.BREAKER, registry)
    for service in Service:
        breakers.labels(account, service.value).set_function(_is_broken(watchdog, service))
    routes = gauge(catalogue.ROUTES_OPEN, registry)
    for state in OPEN_STATES:
        routes.labels(account, state.value).set_function(_open_in(watchdog, state))
    unanswered = gauge(catalogue.ROUTE_UNANSWERED, registry)
    unanswered.labels(account).set_function(lambda: unanswered_for(watchdog, clock()).total_seconds())


def unanswered_for(watchdog: Watchdog, now: datetime) -> timedelta:
    """How long the oldest route that is not answered has been open at `now` (UTC); zero where there is none."""
    routes = watchdog.world.portfolio.routes.values()
    ages = [now - one.routed_at for one in routes if one.state is RouteState.UNANSWERED]
    return max(ages, default=timedelta())


def _open_in(watchdog: Watchdog, state: RouteState) -> Callable[[], float]:
    return lambda: sum(one.state is state for one in watchdog.world.portfolio.routes.values())


def _is_broken(watchdog: Watchdog, service: Service) -> Callable[[], float]:
    return lambda: float(_breaker_mode(watchdog, service) is not Mode.CLOSED)


def _breaker_mode(watchdog: Watchdog, service: Service) -> Mode:
    return watchdog.world.portfolio.breakers.get(service, UNBROKEN).mode
