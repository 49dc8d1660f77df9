"""Queries over HTTP, with a real server and a real client."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportQueryError
from starlette.applications import Starlette
from starlette.routing import Route

from adapters.graphql.context import Context
from adapters.http.endpoint import Endpoint
from adapters.http.gate import Gate, Guarded
from adapters.metrics.api import ApiMetrics
from adapters.metrics.registry import new_registry
from commands.caller import Caller
from tests.adapters.graphql.reading import SCHEMA, Reading
from tests.adapters.graphql.serving import Named

PAGES = """query ($after: String) {orders(first: 40, after: $after, direction: ASC) {
    totalCount edges {node {id}} pageInfo {hasNextPage endCursor}}}"""


@pytest.fixture
def client(reading: Reading) -> Iterator[Client]:
    metrics = ApiMetrics(new_registry())
    gate = Gate(Named(), "100000/second", metrics)

    def context(caller: Caller) -> Context:
        return Context(caller, reading.served)

    routes = [Route("/graphql", Guarded(Endpoint(SCHEMA, context, gate, metrics), gate), methods=["POST"])]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        transport = AIOHTTPTransport(
            f"http://127.0.0.1:{listening.getsockname()[1]}/graphql",
            headers={"Authorization": "Bearer viewer"},
        )
        yield Client(transport=transport, fetch_schema_from_transport=True)
        server.should_exit = True
        thread.join()


pytestmark = pytest.mark.anyio


async def test_a_client_with_the_schema_reads_all_pages(client: Client) -> None:
    found: list[str] = []
    after, more, total = None, True, -1
    async with client as session:
        while more:
            query = gql(PAGES)
            query.variable_values = {"after": after}
            page = (await session.execute(query))["orders"]
            found += [edge["node"]["id"] for edge in page["edges"]]
            after, more, total = (
                page["pageInfo"]["endCursor"],
                page["pageInfo"]["hasNextPage"],
                page["totalCount"],
            )
    assert len(set(found)) == len(found) == total > 40


async def test_an_invalid_query_is_refused_with_its_code_and_path(client: Client) -> None:
    async with client as session:
        with pytest.raises(TransportQueryError) as refused:
            await session.execute(gql('{orders(after: "nonsense") {edges {cursor}}}'))
    (error,) = refused.value.errors or []
    assert error["extensions"]["code"] == "BAD_INPUT"
    assert "is not a cursor" in error["message"]
    assert error["path"] == ["orders"]
