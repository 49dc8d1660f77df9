"""Fixtures of tests in a browser: GraphiQL, built once from the committed sources, and Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from infra.graphiql.bundle import bundle
from tests.browser import Visit, chromium, visit


@pytest.fixture(scope="session")
def graphiql_build() -> Path:
    """The folder with the build of the current sources, which is made if it is missing."""
    return bundle(print)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one module. While it is open, its event loop occupies this thread, and no test can run another."""
    with chromium() as running:
        yield running


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visit]:
    with visit(browser) as visiting:
        yield visiting
