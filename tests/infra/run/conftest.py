"""The Bybit venue of a file of tests, and live runs on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.adapters.bybit.bench import bybit_venue
from tests.adapters.simulated.server.serving import RunningVenue
from tests.infra.run.live_desk import Desks, desks_at


@pytest.fixture(scope="module")
def venue() -> Iterator[RunningVenue]:
    with bybit_venue() as running:
        yield running


@pytest.fixture
def desks(venue: RunningVenue) -> Iterator[Desks]:
    with desks_at(venue) as made:
        yield made
