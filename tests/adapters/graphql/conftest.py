"""What runs on an event loop runs on asyncio's."""

from __future__ import annotations

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """Without it, each test would run on every loop anyio knows."""
    return "asyncio"
