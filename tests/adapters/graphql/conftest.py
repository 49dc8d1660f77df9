"""What runs on an event loop runs on asyncio's; and the demo, served to whoever asks of it."""

from __future__ import annotations

import pytest

from tests.adapters.graphql.reading import demo_log, reading
from tests.projections.stores import store

__all__ = ["demo_log", "reading", "store"]


@pytest.fixture
def anyio_backend() -> str:
    """Without it, each test would run on every loop anyio knows."""
    return "asyncio"
