"""Mutated requests to the HTTP side: none is answered with a fault of the server, and none leaves a trace in its log.

`WHENCE_FUZZ_INPUTS` and `WHENCE_FUZZ_SEED` are the number of inputs and the first seed (`tests.adversary.mutated`).
"""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator, Sequence
from decimal import Decimal
from random import Random

import httpx2
import pytest
from sqlalchemy import Engine

from adapters.avro import AvroCodec
from adapters.graphql.context import Context, Served
from adapters.graphql.limits import Limits, limiting
from adapters.graphql.schema import schema
from adapters.http.app import build_app
from adapters.http.endpoint import Endpoint
from adapters.http.gate import Gate
from adapters.http.health import Health
from adapters.http.options import HttpOptions
from adapters.metrics.api import ApiMetrics
from adapters.metrics.registry import new_registry
from adapters.tokens.bearers import Bearers
from adapters.tokens.book import TokenBook
from commands.caller import Caller
from infra.config import WhenceSettings
from infra.store import migrate, open_store
from projections.catalogue import PROJECTIONS
from projections.cursor_key import cursor_key
from projections.questions.cursor import Cursors, RowPlace
from projections.source import ReadModels
from tests.adversary.mutated import mutated
from tests.projections.stores import WrittenLog, built
from tests.served import served

_ORDERS = """query O($n: Int = 2, $after: String, $where: OrderFilter) {
  orders(first: $n, after: $after, where: $where, orderBy: NOTIONAL) {totalCount edges {cursor node {...o}}} }
fragment o on Order {id quantity fills {price} signal {id}}"""
_DOCUMENTS = (
    "{ accounts { account balance } }",
    _ORDERS,
    'query($s: String) {events(where: {search: $s, types: ["OrderFilled"]}, asOf: {ordinal: "1"}) {totalCount}}',
    'mutation {tripKillSwitch(request: {idempotencyKey: "k", timeoutSeconds: 0.1}, reason: "why") {__typename}}',
    "query Q($b: Boolean!) {a: notices @include(if: $b) {id} ... @skip(if: $b) {performance(by: DAY) {trades}}}",
    "{__schema {types {name fields {name args {name defaultValue}}}}}",
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_store(WhenceSettings(store=f"sqlite:///{tmp_path_factory.mktemp('fuzz') / 'read.db'}"))
    migrate(engine)
    built(engine, WrittenLog())
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def base(store: Engine) -> Iterator[str]:
    metrics = ApiMetrics(new_registry())
    parts = Served(ReadModels(store, PROJECTIONS, log=WrittenLog()), AvroCodec().decode)

    def context(caller: Caller) -> Context:
        return Context(caller, parts)

    gate = Gate(Bearers(TokenBook(store)), "1000000/second", metrics)
    endpoint = Endpoint(schema(limiting(Limits())), context, gate, metrics)
    app = build_app(endpoint, gate, HttpOptions(rate="1000000/second"), Health({}))
    with served(app) as url:
        yield url
    parts.readers.close()


def bodies(store: Engine) -> Sequence[bytes]:
    """Valid bodies, one for each document, with variables and with the cursor of this store."""
    cursor = Cursors(cursor_key(store)).encode("orders.NOTIONAL.DESC", RowPlace(Decimal("1.5"), 1))
    variables = {
        "n": 1,
        "after": cursor,
        "where": {"minNotional": "1.5", "status": ["FILLED"]},
        "s": "a",
        "b": True,
    }
    return [json.dumps({"query": one, "variables": variables}).encode() for one in _DOCUMENTS]


def test_no_mutated_body_is_answered_with_a_fault_of_the_server(
    store: Engine, base: str, caplog: pytest.LogCaptureFixture
) -> None:
    whole, documents = bodies(store), [one.encode() for one in _DOCUMENTS]
    given = json.loads(whole[0])["variables"]
    with caplog.at_level(logging.WARNING), httpx2.Client(base_url=base, timeout=20) as client:
        for body in whole:
            assert set(_codes(client, body)) <= {"UNAUTHENTICATED", "BAD_INPUT", "REFUSED"}
        for seed, body in _few(whole):
            assert "INTERNAL" not in _codes(client, body), seed
        for seed, document in _few(documents):
            body = json.dumps({"query": document.decode("latin-1"), "variables": given}).encode()
            assert "INTERNAL" not in _codes(client, body), seed
    assert [one for one in caplog.records if one.exc_info] == []


def test_no_mutated_cursor_is_accepted_or_answered_with_a_fault(
    store: Engine, base: str, caplog: pytest.LogCaptureFixture
) -> None:
    valid = Cursors(cursor_key(store)).encode("orders.NOTIONAL.DESC", RowPlace(Decimal("1.5"), 1))
    with caplog.at_level(logging.WARNING), httpx2.Client(base_url=base, timeout=20) as client:
        for seed, data in _few([valid.encode()]):
            cursor = data.decode("latin-1").replace("\0", "0")
            if cursor == valid:
                continue
            request = {"query": _ORDERS, "variables": {"after": cursor}}
            answer = client.post("/graphql", json=request)
            codes = {one["extensions"]["code"] for one in answer.json()["errors"]}
            assert codes <= {"BAD_INPUT", "TOO_COMPLEX"}, (seed, answer.text)
    assert [one for one in caplog.records if one.exc_info] == []


def test_no_mutated_bytes_of_a_request_leave_a_trace_in_the_log(
    store: Engine, base: str, caplog: pytest.LogCaptureFixture
) -> None:
    place = httpx2.URL(base)
    whole = [
        b"POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        b"authorization: Bearer whence_0123456789ab_x\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s"
        % (len(body), body)
        for body in bodies(store)
    ]
    whole += [
        b"GET /graphql?query={a}&variables={} HTTP/1.1\r\nhost: localhost\r\naccept: text/html\r\n\r\n",
        b"GET /readyz?%41=b HTTP/1.0\r\nhost: [::1]:80\r\nx-request-id: abcdefgh\r\nforwarded: for=1\r\n\r\n",
        (
            b"GET /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
            b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n\r\n"
        ),
    ]
    with caplog.at_level(logging.WARNING):
        for seed, data in _few(whole):
            status = _status(str(place.host), place.port or 0, data, Random(seed))
            assert status != 500, seed
        assert httpx2.get(f"{base}/healthz", timeout=20).status_code == 200
    assert [one for one in caplog.records if one.exc_info] == []


def _codes(client: httpx2.Client, body: bytes) -> Sequence[str]:
    answer = client.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (200, 400, 401), (body, answer.text)
    return [one["extensions"]["code"] for one in answer.json().get("errors", ())]


def _few(valid: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    """A tenth of the mutated inputs: a request takes longer than the decoding of a record."""
    return ((seed, data) for seed, data in mutated(valid) if seed % 10 == 0)


def _status(host: str, port: int, data: bytes, chance: Random) -> int:
    """Sends the bytes in two parts and ends the connection; the status of the first response, 0 without one."""
    with socket.create_connection((host, port), 20) as one:
        cut = chance.randrange(len(data) + 1)
        try:
            one.sendall(data[:cut])
            one.sendall(data[cut:])
            one.shutdown(socket.SHUT_WR)
            first = one.recv(64)
        except OSError:
            return 0
    return int(first[9:12]) if first.startswith(b"HTTP/1.") else 0
