"""A venue for each file of tests, and an adapter of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.adapters.bybit.bench import BybitBench, bybit_venue
from tests.adapters.simulated.server.serving import RunningVenue


@pytest.fixture(scope="module")
def venue() -> Iterator[RunningVenue]:
    with bybit_venue() as running:
        yield running


@pytest.fixture
def bench(venue: RunningVenue) -> Iterator[BybitBench]:
    bench = BybitBench(venue)
    yield bench
    bench.venue.do(lambda one: one.faults.clear())
    bench.close()
