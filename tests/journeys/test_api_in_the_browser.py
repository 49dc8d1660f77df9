"""GraphiQL, served by the program, shows the demo's log in a Chromium that has no other network access."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import Visit, open_graphiql, run_in_graphiql
from tests.journeys.program import whence
from tests.journeys.serving import Started, started

TRADES = """query Traded { performance { trades winRate net } positions(first: 3) { totalCount edges { node {
  id status exitReason net signal { strategy confidence } } } } }"""
EVENTS = "subscription Recorded { events(after: 0) { ordinal type line } }"


@pytest.fixture
def demo(tmp_path: Path, graphiql_build: Path) -> Iterator[Started]:
    """The log of `make demo`, served by `whence api`."""
    assert whence(tmp_path, "paper").returncode == 0
    with started(tmp_path) as serving:
        yield serving


def test_graphiql_shows_the_trades_and_the_events_of_the_demo(
    demo: Started, visitor: Visit, tmp_path: Path
) -> None:
    page = visitor.page
    open_graphiql(page, demo.page("graphiql"))
    response = page.locator(".graphiql-response")

    run_in_graphiql(page, TRADES)
    expect(response).to_contain_text('"strategy": "trend"')
    expect(response).to_contain_text('"totalCount"')
    assert page.screenshot(path=tmp_path / "graphiql.png")

    run_in_graphiql(page, EVENTS)
    expect(response).to_contain_text('"type"')

    assert visitor.faults == []
    assert len(visitor.origins) == 1
