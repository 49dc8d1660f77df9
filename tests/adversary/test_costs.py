"""What one request may cost: attacks on the running program, while health and the kill switch are answered."""

from __future__ import annotations

import json
import socket
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from adapters.tokens.book import TokenBook
from adapters.tokens.token import Token
from commands.roles import Role
from infra.config import WhenceSettings
from infra.run.clock import utc_now
from infra.store import migrate, open_store
from tests.journeys.serving import Started, started

_QUICK = 1.0
"""Seconds: the machine of the tests is shared. Before the limits, these answers took 7 to 32 s."""
_SLOWEST = 5.0
FORGED = json.dumps([1, "orders.NOTIONAL.DESC", "Decimal", "1e400000000", 1], separators=(",", ":")).encode()
CURSOR = (
    urlsafe_b64encode(blake2b(FORGED, digest_size=6, person=b"cursor").digest() + FORGED).decode().rstrip("=")
)
REFUSED = {"BAD_INPUT", "TOO_COMPLEX", "RATE_LIMITED"}
Body = Mapping[str, Any]


def orders(arguments: str, variables: str = "") -> str:
    return f"query{variables} {{ orders({arguments}) {{ edges {{ node {{ id chain {{ id }} }} }} }} }}"


ATTACKS: Mapping[str, Body] = {
    "a forged cursor": {"query": orders(f'orderBy: NOTIONAL, after: "{CURSOR}"')},
    "a page size by default": {"query": orders("first: $n", "($n: Int = 1000000)")},
    "a page size as 1e6": {"query": orders("first: $n", "($n: Int)"), "variables": {"n": 1e6}},
    "a search of 90,000 words": {
        "query": "query($s: String) { events(where: {search: $s}) { totalCount } }",
        "variables": {"s": " ".join(f"w{n}" for n in range(90_000))},
    },
    "480 repeated fields": {"query": "{ " + "accounts { account } " * 480 + "}"},
    "a list of 70,000 words": {
        "query": "query($t: [String!]) { events(where: {types: $t}) { totalCount } }",
        "variables": {"t": ["x"] * 70_000},
    },
    "a decimal with an exponent": {"query": orders('where: {minNotional: "1e400000000"}')},
    "a decimal of 5,000 digits": {"query": orders(f"where: {{minNotional: {'9' * 5_000}}}")},
    "an ordinal of 5,000 digits": {"query": orders(f'where: {{afterOrdinal: "{"9" * 5_000}"}}')},
    "a float that no number holds": {"query": orders("where: {minNotional: 1e400}")},
    "deep brackets": {"query": "{ " + "a(b: " + "[" * 3_000 + "]" * 3_000 + ") }"},
    "a document of blanks": {"query": "{" + " " * 900_000 + "accounts { account } }"},
    "a nul": {"query": orders("where: {reason: $r}", "($r: String)"), "variables": {"r": "\0"}},
    "half a surrogate pair": {"query": '{ orders(where: {reason: "\\ud800"}) { totalCount } }'},
}


@dataclass
class Api:
    """A running program on an empty log, with an admin's token."""

    running: Started
    base: str
    admin: str

    client: httpx2.Client

    def post(self, body: object, token: str | None = None) -> httpx2.Response:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        return self.client.post("/graphql", json=body, headers=headers)

    def codes(self, body: Body) -> set[str]:
        return {one["extensions"]["code"] for one in self.post(body, self.admin).json().get("errors", [])}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder: Path = tmp_path_factory.mktemp("costs")
    store = open_store(WhenceSettings(log=f"sqlite:///{folder / 'costs.db'}"))
    migrate(store)
    admin = TokenBook(store).issue("ada", Role.ADMIN, utc_now()).spelled
    store.dispose()
    with started(folder, "--log", "sqlite:///costs.db", "--rate", "100000/minute") as running:
        base = running.url.removesuffix("/graphql")
        with httpx2.Client(base_url=base, timeout=30) as client:
            yield Api(running, base, admin, client)
        code, log = running.stop()
    assert code == 0
    assert "Traceback" not in log
    assert '"level": "error"' not in log


@pytest.mark.parametrize("kind", ATTACKS)
def test_an_expensive_request_is_refused_in_little_time(api: Api, kind: str) -> None:
    began = time.perf_counter()
    found = api.codes(ATTACKS[kind])
    assert time.perf_counter() - began < _SLOWEST
    assert found
    assert found <= REFUSED


def test_a_broken_upload_leaves_no_trace_of_the_stack(api: Api) -> None:
    head = b"POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-length: 500\r\n"
    head += b"content-type: application/json\r\n\r\n{"
    for _ in range(5):
        with socket.create_connection(_place(api), 10) as one:
            one.sendall(head)
    assert api.post({"query": "{ __typename }"}).json()["data"] == {"__typename": "Query"}


def test_health_an_admin_and_the_kill_switch_are_answered_under_all_attacks_at_once(api: Api) -> None:
    over = Event()
    with ExitStack() as stack:
        for _ in range(400):
            one = stack.enter_context(socket.create_connection(_place(api), 10))
            one.sendall(b"GET / HT")
        threads = stack.enter_context(ThreadPoolExecutor(6))
        stack.callback(over.set)
        for attack in (_documents, _wrong_tokens, _documents):
            threads.submit(attack, api, over)
        slowest = max(_seconds(lambda: _answered(api, "/healthz")) for _ in range(8))
        ready = max(_seconds(lambda: _answered(api, "/readyz")) for _ in range(4))
        assert api.post({"query": "{ accounts { account } }"}, api.admin).status_code == 200
        kill = _seconds(lambda: _tripped(api))
    assert slowest < _QUICK
    assert ready < 2 * _QUICK
    assert kill < 2 * _QUICK


def _documents(api: Api, over: Event) -> None:
    number = 0
    while not over.is_set():
        number += 1
        for body in ATTACKS.values():
            api.post({**body, "query": f"{body['query']} # {number}"})


def _wrong_tokens(api: Api, over: Event) -> None:
    while not over.is_set():
        assert api.post({"query": "{ __typename }"}, Token.mint().spelled).status_code in (401, 429)


def _tripped(api: Api) -> None:
    document = """mutation($k: String!) { tripKillSwitch(
        request: {idempotencyKey: $k, waitForReadModels: false}, reason: "attack") { __typename } }"""
    answer = api.post({"query": document, "variables": {"k": f"k{time.time_ns()}"}}, api.admin).json()
    assert answer["data"]["tripKillSwitch"]["__typename"] == "Completed", answer


def _answered(api: Api, path: str) -> None:
    assert api.client.get(path).status_code == 200


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _place(api: Api) -> tuple[str, int]:
    there = urlsplit(api.base)
    return str(there.hostname), there.port or 0
