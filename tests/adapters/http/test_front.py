"""The page at `/`: its links lead on, and it loads nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx2
import pytest

from adapters.http.options import HttpOptions
from adapters.metrics.registry import new_registry
from infra.config import WhenceSettings
from infra.store import migrate, open_store
from tests.adapters.http.test_app import application
from tests.served import served


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    engine = open_store(WhenceSettings(store=f"sqlite:///{tmp_path_factory.mktemp('front') / 'read.db'}"))
    migrate(engine)
    app = application(engine, HttpOptions((), (), "100000/minute", 10_000), new_registry(), {})
    with served(app) as base, httpx2.Client(base_url=base, headers={"Accept": "text/html"}) as client:
        yield client
    engine.dispose()


def test_every_link_of_the_page_leads_to_a_route(client: httpx2.Client) -> None:
    page = client.get("/")
    assert page.status_code == 200
    links = re.findall(r'href="([^"]*)"', page.text)
    assert links == ["/graphql", "/readyz", "/healthz", "/metrics"]
    assert {client.get(link).status_code for link in links[1:]} == {200}
    assert client.post("/graphql", json={"query": "{__typename}"}).status_code == 200


def test_the_page_may_load_nothing_and_names_no_other_server(client: httpx2.Client) -> None:
    page = client.get("/")
    rules = page.headers["content-security-policy"]
    assert rules.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in rules
    assert re.findall(r"(?:src|action)=|<script|<link|@import|url\(", page.text) == []
    assert set(re.findall(r"https?://[^/\s]+", page.text)) == {str(client.base_url).rstrip("/")}


def test_a_host_name_in_the_page_is_escaped(client: httpx2.Client) -> None:
    assert "<b>" not in client.get("/", headers={"Host": "127.0.0.1:1<b>"}).text
