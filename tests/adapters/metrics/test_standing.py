"""The gauges of an engine's world: unprotected positions, circuit breakers and routes, read at each scrape."""

from __future__ import annotations

from datetime import timedelta

from adapters.metrics.registry import new_registry
from adapters.metrics.standing import show_standing
from commands.breaker import Unanswered
from commands.inputs import Tick
from commands.signal import ReportRoute
from commands.watchdog import LONGEST_BARE, Watchdog
from domain.breaker import FAILURES, PAUSE, Service
from tests.commands.desk import Desk, a_fill_of, chain_of, long
from tests.commands.requests.asking import Asking
from tests.commands.requests.routed import AWAY, routed
from tests.commands.test_routing import ENDED, TAKEN
from tests.domain.history import ACCOUNT, D


def test_an_unprotected_position_and_a_broken_service_are_counted_while_they_last() -> None:
    desk, registry = Desk().opened(), new_registry()
    watchdog = Watchdog(desk.world, desk.driver.engine.market, desk.log)
    show_standing("main", watchdog, lambda: desk.at + LONGEST_BARE, registry)

    def values() -> list[float | None]:
        names: list[tuple[str, dict[str, str]]] = [("whence_unprotected_positions", {})]
        names += [("whence_circuit_breaker_open", {"service": one.value}) for one in Service]
        return [registry.get_sample_value(name, {"account": "main", **labels}) for name, labels in names]

    assert values() == [0, 0, 0, 0]
    chain = chain_of(desk.see(long()))
    watchdog.recorded(desk.tell(a_fill_of(f"{chain}-e1", "x1", D(50), D(100))), 0.0, 0.0)
    for number in range(FAILURES):
        desk.tell(Unanswered(service=Service.QUERIES, at=desk.at, fact=f"clock:{number}", reason="down"))
    assert values() == [1, 0, 1, 0]
    desk.at += PAUSE
    desk.handle(Tick(desk.at))
    assert values() == [1, 0, 1, 0], "half open is not closed"


def test_open_routes_are_counted_by_state_with_the_age_of_the_oldest_that_is_not_answered() -> None:
    eve, registry = Asking(), new_registry()
    desk = eve.desk
    watchdog = Watchdog(desk.world, desk.driver.engine.market, desk.log)
    show_standing(ACCOUNT, watchdog, lambda: desk.at, registry)

    def values() -> list[float | None]:
        of = {"account": ACCOUNT}
        states = [
            registry.get_sample_value("whence_routes_open", {**of, "state": one})
            for one in ("UNANSWERED", "TAKEN")
        ]
        return [*states, registry.get_sample_value("whence_route_unanswered_seconds", of)]

    assert values() == [0, 0, 0]
    first, second = routed(eve, "first"), routed(eve, "second")
    desk.at += timedelta(seconds=30)
    routed_at = desk.world.portfolio.routes[first].routed_at
    watchdog.recorded(desk.recorded[-1:], 0.0, 0.0)
    assert values() == [2, 0, (desk.at - routed_at).total_seconds()]
    for chain in (first, second):
        desk.ask(ReportRoute(chain, TAKEN), cause=f"exchange:{AWAY}:{chain}:TAKEN")
    assert values() == [0, 2, 0]
    desk.ask(ReportRoute(first, ENDED), cause=f"exchange:{AWAY}:{first}:ENDED")
    assert values() == [0, 1, 0]
