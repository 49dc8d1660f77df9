"""How an engine is: how far its log is, and why it is not healthy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from commands.world import World
from domain.breaker import Mode
from infra.run.announcing import Loop, Standing

_RECONCILING = "no new exposure: the log is being compared with the exchange"


class Holds(Protocol):
    """What has the world of an engine; a world's portfolio is immutable."""

    @property
    def world(self) -> World: ...


class EngineStanding:
    """The standing of the engine that owns the log; `loop` is the one that attends its run. Thread-safe.

    `route_faults` returns why routes to other engines are not looked after.
    The engine has taken in every event of its log, because it alone writes it.
    """

    def __init__(
        self, engine: Holds, loop: Loop, route_faults: Callable[[], Sequence[str]] = tuple[str]
    ) -> None:
        self._engine, self._loop, self._route_faults = engine, loop, route_faults

    def __call__(self) -> Standing:
        """The standing now."""
        return Standing(self._engine.world.ordinal, 0, "; ".join(self._faults()))

    def _faults(self) -> Iterator[str]:
        portfolio = self._engine.world.portfolio
        if self._loop.fault:
            yield self._loop.fault
        if portfolio.discrepancies.reconciling:
            yield _RECONCILING
        for service, breaker in portfolio.breakers.items():
            if breaker.mode is not Mode.CLOSED:
                yield f"the circuit breaker of {service.value} is {breaker.mode.value}"
        yield from self._route_faults()
