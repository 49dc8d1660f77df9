"""GraphiQL in a real browser without other network access: it loads, queries, subscribes and does not leak the
token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, expect
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.types import ASGIApp
from strawberry.asgi import GraphQL

from adapters.http.graphiql import graphiql_routes
from tests.adapters.http.prices import SCHEMA
from tests.browser import Visit, open_graphiql, run_in_graphiql
from tests.served import served

TOKEN = "wh_" + "c2VjcmV0" * 4
LIKE_A_BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


class Box(NamedTuple):
    """The place of an element on the page, in pixels."""

    x: float
    y: float
    width: float
    height: float


def box(element: Locator) -> Box:
    found = element.bounding_box()
    assert found is not None
    return Box(found["x"], found["y"], found["width"], found["height"])


def application(build: Path | None, prefix: str = "") -> ASGIApp:
    graphql = GraphQL[object, object](SCHEMA, graphql_ide=None)
    path = f"{prefix}/graphql"
    app = Starlette(
        routes=[
            *graphiql_routes(build, f"{prefix}/graphiql"),
            Route(path, graphql),
            WebSocketRoute(path, graphql),
        ]
    )
    app.router.redirect_slashes = False
    return app


@pytest.fixture(scope="module", params=["", "/behind/a/proxy"])
def address(request: pytest.FixtureRequest, graphiql_build: Path) -> Iterator[str]:
    with served(application(graphiql_build, request.param)) as base:
        yield f"{base}{request.param}/graphiql"


@pytest.fixture
def client(graphiql_build: Path) -> TestClient:
    return TestClient(application(graphiql_build))


def test_a_query_and_a_subscription_run_without_requests_to_other_servers(
    address: str, visitor: Visit, tmp_path: Path
) -> None:
    page = visitor.page
    open_graphiql(page, address)
    answer = page.locator(".graphiql-response")
    expect(page.get_by_role("tab")).to_contain_text(["Trades", "Live"])
    expect(page.get_by_role("tab").first.get_by_role("img", name="close icon")).to_be_attached()
    page.screenshot(path=tmp_path / "first.png")

    run_in_graphiql(page, "query Anonymous { caller }")
    expect(answer).to_contain_text("nobody")

    page.get_by_label("Authorization").fill(f"Bearer {TOKEN}")
    page.get_by_role("button", name="Use").click()
    run_in_graphiql(page, "query Known { caller }")
    expect(answer).to_contain_text(f"Bearer {TOKEN}")

    run_in_graphiql(page, "subscription Prices { prices(steps: 3) { instrument step caller } }")
    expect(answer).to_contain_text('"step": 3')
    expect(answer).to_contain_text(f"Bearer {TOKEN}")
    page.screenshot(path=tmp_path / "graphiql.png")

    assert visitor.faults == []
    assert visitor.origins == {urlsplit(address).netloc}
    assert any(url.startswith("ws://") for url in visitor.requested)
    assert [url for url in visitor.requested if TOKEN in url] == []
    assert TOKEN not in page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    )


def test_a_query_runs_on_a_phone_where_editor_and_response_have_the_whole_width(
    address: str, visitor: Visit, tmp_path: Path
) -> None:
    page = visitor.page
    page.set_viewport_size({"width": 420, "height": 800})
    open_graphiql(page, address)
    run_in_graphiql(page, "query Anonymous { caller }")
    expect(page.locator(".graphiql-response")).to_contain_text("nobody")
    page.screenshot(path=tmp_path / "phone.png")
    documentation = page.get_by_role("button", name="Show Documentation Explorer")
    editor, response = box(page.locator(".graphiql-query-editor")), box(page.locator(".graphiql-response"))
    assert editor.width > 350
    assert response.width > 350
    assert response.height > 150
    assert response.y >= editor.y + editor.height
    for place in (editor, response, box(page.get_by_label("Authorization")), box(documentation)):
        assert place.x >= 0
        assert place.x + place.width <= 420
    documentation.click()
    expect(page.get_by_text("Root Types")).to_be_visible()


def test_the_browser_does_not_run_an_injected_script(address: str, visitor: Visit) -> None:
    page = visitor.page
    open_graphiql(page, address)
    page.evaluate(
        "document.head.append(Object.assign(document.createElement('script'), {text: 'window.alien = true'}))"
    )
    assert page.evaluate("window.alien") is None
    assert "Content Security Policy" in visitor.faults[-1]


def test_the_page_may_not_be_cached_and_its_assets_may(client: TestClient) -> None:
    page = client.get("/graphiql", headers=LIKE_A_BROWSER)
    assert page.headers["cache-control"] == "no-store"
    for name in re.findall(r'(?:src|href)="(graphiql/[^"]+)"', page.text):
        asset = client.get(f"/{name}")
        assert asset.status_code == 200
        assert "immutable" in asset.headers["cache-control"]
        assert asset.headers["content-security-policy"] == page.headers["content-security-policy"]


def test_every_file_of_the_build_has_its_media_type(client: TestClient, graphiql_build: Path) -> None:
    media = {".js": "text/javascript", ".css": "text/css", ".txt": "text/plain"}
    for file in (graphiql_build / "assets").iterdir():
        answer = client.head(f"/graphiql/{file.name}")
        assert answer.headers["content-type"] == f"{media[file.suffix]}; charset=utf-8"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_content_security_policy_allows_only_this_origin_and_no_inline_script(client: TestClient) -> None:
    page = client.get("/graphiql", headers=LIKE_A_BROWSER)
    policy = dict(rule.split(" ", 1) for rule in page.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {policy[name] for name in ("script-src", "worker-src", "connect-src")} == {"'self'"}
    assert policy["frame-ancestors"] == "'none'"
    assert re.findall(r"<script(?![^>]*src=)", page.text) == []
    assert "//" not in page.text


@pytest.mark.parametrize("name", ["nothing.js", "..%2Findex.html", "%2e%2e/index.html", ""])
def test_a_path_that_is_not_an_asset_is_not_found(client: TestClient, name: str) -> None:
    assert client.get(f"/graphiql/{name}").status_code == 404


def test_without_a_build_the_page_explains_how_to_build_it() -> None:
    client = TestClient(application(None))
    page = client.get("/graphiql", headers=LIKE_A_BROWSER)
    assert page.text.count("\n") == 1
    assert "`make graphiql`" in page.text
    assert client.post("/graphql", json={"query": "{ caller }"}).json()["data"] == {"caller": "nobody"}
