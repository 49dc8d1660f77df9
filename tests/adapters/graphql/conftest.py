"""Fixtures of the tests in this folder: the event loop, and the demo's log with its read models."""

from __future__ import annotations

import pytest

from tests.adapters.graphql.reading import demo_log, reading
from tests.projections.stores import store

__all__ = ["demo_log", "reading", "store"]


@pytest.fixture
def anyio_backend() -> str:
    """Selects asyncio; otherwise anyio would run each test on every event loop that it supports."""
    return "asyncio"
