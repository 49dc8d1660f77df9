"""A venue for each test, with the private socket of pybit that listens to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.adapters.simulated.server.serving import RunningVenue, running_venue


@pytest.fixture
def venue() -> Iterator[RunningVenue]:
    """A venue whose clock stands still and whose limits are off."""
    with running_venue() as running:
        yield running
