"""How a node of `whence accounts run` is: which accounts it has leased, and why it is not healthy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from adapters.boot_clock import boot_seconds
from adapters.kafka.leases import VALID_SECONDS
from adapters.processes.announcement import HeldLease
from infra.run.announcing import Loop, Standing


class Holds(Protocol):
    """See `infra.run.leased_engines.LeasedEngines`."""

    @property
    def held(self) -> tuple[HeldLease, ...]: ...


class Renewed(Protocol):
    """See `adapters.kafka.leases.PartitionLeases`."""

    @property
    def renewed_at(self) -> float: ...


class NodeStanding:
    """The standing of a node; `loop` is the one that attends its engines. Another thread calls it."""

    def __init__(
        self, engines: Holds, leases: Renewed, loop: Loop, seconds: Callable[[], float] = boot_seconds
    ) -> None:
        self._engines, self._leases, self._loop, self._seconds = engines, leases, loop, seconds

    def __call__(self) -> Standing:
        """The standing now."""
        held = self._engines.held
        return Standing(fault="; ".join(self._faults(held)), leases=held)

    def _faults(self, held: tuple[HeldLease, ...]) -> Iterator[str]:
        if self._loop.fault:
            yield self._loop.fault
        age = self._seconds() - self._leases.renewed_at
        if held and age > VALID_SECONDS:
            yield f"its leases were not renewed for {age:.0f} s: its engines send nothing"
