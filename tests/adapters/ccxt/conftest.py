"""A venue for each file of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.adapters.bybit.bench import bybit_venue
from tests.adapters.simulated.server.serving import RunningVenue


@pytest.fixture(scope="module")
def venue() -> Iterator[RunningVenue]:
    with bybit_venue() as running:
        yield running
