"""Fixtures of all who look at a page: GraphiQL built once from the committed sources, and one Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from infra.graphiql.bundle import bundle
from tests.browser import Visit, chromium, visit


@pytest.fixture(scope="session")
def graphiql_build() -> Path:
    """The folder of the build of today's sources; built now unless it is there."""
    return bundle(print)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Gone after its module: it keeps an event loop in this thread, in which no test can run one of its own."""
    with chromium() as running:
        yield running


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visit]:
    with visit(browser) as visiting:
        yield visiting
