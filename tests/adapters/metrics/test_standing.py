"""The gauges of an engine's world: unprotected positions and circuit breakers, read at each scrape."""

from __future__ import annotations

from adapters.metrics.registry import new_registry
from adapters.metrics.standing import show_standing
from commands.breaker import Unanswered
from commands.inputs import Tick
from commands.watchdog import LONGEST_BARE, Watchdog
from domain.breaker import FAILURES, PAUSE, Service
from tests.commands.desk import Desk, a_fill_of, chain_of, long
from tests.domain.history import D


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
