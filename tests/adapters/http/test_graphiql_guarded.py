"""GraphiQL served with the API's authentication: a person may do what the entered token allows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from adapters.http.app import build_app
from adapters.http.endpoint import Endpoint
from adapters.http.gate import Gate
from adapters.http.graphiql import graphiql_routes
from adapters.http.health import Health
from adapters.http.options import HttpOptions
from adapters.metrics.api import ApiMetrics
from adapters.metrics.registry import new_registry
from adapters.tokens.bearers import Bearers
from adapters.tokens.book import TokenBook
from commands.roles import Role
from infra.config import WhenceSettings
from infra.store import migrate, open_store
from tests.adapters.graphql.schema import Context, schema
from tests.browser import Visit, open_graphiql, run_in_graphiql
from tests.served import served


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_store(WhenceSettings(store=f"sqlite:///{tmp_path / 'read.db'}"))
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def address(engine: Engine, graphiql_build: Path) -> Iterator[str]:
    options, metrics = HttpOptions(), ApiMetrics(new_registry())
    gate = Gate(Bearers(TokenBook(engine)), options.rate, metrics)
    endpoint = Endpoint(schema(), Context, gate, metrics)
    pages = graphiql_routes(graphiql_build, "/graphiql")
    with served(build_app(endpoint, gate, options, Health({}), pages)) as base:
        yield f"{base}/graphiql"


def responds(page: Page, operation: str, text: str) -> None:
    run_in_graphiql(page, operation)
    expect(page.locator(".graphiql-response")).to_contain_text(text)


def test_a_person_reads_without_a_token_and_trades_with_one(
    address: str, engine: Engine, visitor: Visit
) -> None:
    token = TokenBook(engine).issue("desk", Role.TRADER, datetime(2026, 3, 2, tzinfo=UTC)).spelled
    page = visitor.page
    open_graphiql(page, address)

    responds(page, "query Trade { trade { id } }", '"id": 1')
    responds(page, "mutation Place { place }", "UNAUTHENTICATED")
    responds(page, "subscription Ticks { ticks(upto: 3) }", '"ticks": 2')

    page.get_by_label("Authorization").fill(token)
    page.get_by_role("button", name="Use").click()
    responds(page, "mutation PlaceAgain { place }", "placed by desk")
    responds(page, "mutation Reset { reset }", "FORBIDDEN")
    responds(page, "subscription TicksAgain { ticks(upto: 5) }", '"ticks": 4')

    assert [fault for fault in visitor.faults if "status of 40" not in fault] == []
    assert [url for url in visitor.requested if token in url] == []
