"""The standing of a node: the accounts that it holds, and a fault where its leases are not renewed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from adapters.processes.announcement import HeldLease
from infra.run.announcing import Loop
from infra.run.node_standing import NodeStanding

HELD = (HeldLease("alpha", 0, datetime(2026, 1, 5, tzinfo=UTC)),)


class Engines(NamedTuple):
    held: tuple[HeldLease, ...]


class Leases(NamedTuple):
    renewed_at: float


def standing(held: tuple[HeldLease, ...], renewed_at: float, turned: float = 100.0) -> NodeStanding:
    now = [turned]
    loop = Loop(clock=lambda: now[0])
    now[0] = 100.0
    return NodeStanding(Engines(held), Leases(renewed_at), loop, lambda: 100.0)


def test_a_node_with_leases_that_were_just_renewed_is_healthy() -> None:
    found = standing(HELD, 99.0)()
    assert (found.fault, found.leases) == ("", HELD)


def test_a_node_whose_leases_are_old_is_at_fault_and_one_without_leases_is_not() -> None:
    assert standing(HELD, 90.0)().fault == "its leases were not renewed for 10 s: its engines send nothing"
    assert standing((), float("-inf"))().fault == ""


def test_a_node_whose_loop_hangs_is_at_fault() -> None:
    assert standing((), 99.0, turned=60.0)().fault == "its loop has not turned for 40 s"
