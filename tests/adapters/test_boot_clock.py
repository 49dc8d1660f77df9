"""Leases are judged by a clock that does not stand still while the machine is suspended."""

from __future__ import annotations

import time
from collections.abc import Callable
from inspect import signature

import pytest

from adapters.book_topic.leases import BookLeases
from adapters.boot_clock import boot_seconds
from adapters.kafka.leases import PartitionLeases
from adapters.lease import Lease

pytestmark = pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="this system has no such clock")


def test_a_lease_that_was_renewed_before_the_machine_was_suspended_is_over_when_it_wakes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clocks = {time.CLOCK_BOOTTIME: 100.0, time.CLOCK_MONOTONIC: 100.0}

    def read(clock: int) -> float:
        return clocks[clock]

    monkeypatch.setattr(time, "clock_gettime", read)
    lease = Lease(2.5, lambda: None)
    lease.renew(boot_seconds())
    assert lease.fault == ""
    clocks[time.CLOCK_BOOTTIME] = 160.0
    assert lease.fault == "the account's lease was not renewed within 2.5 s"


@pytest.mark.parametrize("of", [Lease.__init__, PartitionLeases.__init__, BookLeases.__init__])
def test_all_leases_have_the_same_clock(of: Callable[..., None]) -> None:
    assert signature(of).parameters["seconds"].default is boot_seconds
