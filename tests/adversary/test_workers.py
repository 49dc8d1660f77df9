"""Two processes serve one API: each carries out mutations, one is killed meanwhile, and limits hold over both."""

from __future__ import annotations

import http.client
import json
import re
import signal
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from infra.config import WhenceSettings
from infra.logs import open_reader
from tests.adversary.waiting import until
from tests.journeys.program import whence
from tests.journeys.serving import Started, started

TERMS = {"instrument": "BTCUSDT-LINEAR.BYBIT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}
DRAFT = """mutation($key: String!, $terms: OrderTerms!) {
  draftOrder(request: {idempotencyKey: $key}, terms: $terms) {
    __typename ... on Draft { confirmation } ... on Refused { reason } } }"""
PLACE = """mutation($key: String!, $confirmation: String!) {
  placeOrder(request: {idempotencyKey: $key}, confirmation: $confirmation) {
    __typename ... on Completed { repeated ordinal } ... on Refused { reason } } }"""
PAUSE = """mutation($key: String!) {
  pauseStrategy(request: {idempotencyKey: $key}, strategy: "trend", reason: "work") { __typename } }"""
RESUME = PAUSE.replace("pauseStrategy", "resumeStrategy")
EVENTS = "subscription { events { ordinal } }"


@dataclass(frozen=True)
class Desk:
    """The program, its API's address, its folder, and a trader's token."""

    program: psutil.Process
    url: str
    folder: Path
    token: str

    @property
    def workers(self) -> list[psutil.Process]:
        return self.program.children()

    def two(self) -> bool:
        """Whether both processes serve."""
        return len(self.workers) == 2 and all(self.ready(worker) for worker in self.workers)

    def ready(self, worker: psutil.Process) -> bool:
        try:
            with self.at(worker) as client:
                return client.get("/readyz")[0] == 200
        except (OSError, http.client.HTTPException, psutil.Error):
            return False

    @contextmanager
    def only(self, worker: psutil.Process) -> Generator[None]:
        """Stops the other processes, so that this one accepts the next connection."""
        others = [one for one in self.workers if one != worker]
        try:
            for one in others:
                one.suspend()
                until(partial(_is_stopped, one), "the other process stops")
            yield
        finally:
            for one in others:
                one.resume()

    @contextmanager
    def at(self, worker: psutil.Process) -> Generator[Client]:
        """A client whose connection this process has accepted."""
        place = urlsplit(self.url)
        with closing(http.client.HTTPConnection(place.hostname or "", place.port, timeout=20)) as connection:
            client = Client(connection, self.token)
            with self.only(worker):
                assert client.get("/healthz")[0] == 200
            yield client

    def causes(self) -> Counter[str]:
        """How many events each request has caused, by its key."""
        settings = WhenceSettings(log=f"sqlite:///{self.folder / 'whence.db'}")
        with closing(open_reader(settings)) as reader:
            found = (str(one.envelope.meta.causation_id) for one in reader.read())
            return Counter(cause.partition(":")[2].partition("/")[0] for cause in found)


def _is_stopped(process: psutil.Process) -> bool:
    return process.status() == psutil.STATUS_STOPPED


@dataclass(frozen=True)
class Client:
    connection: http.client.HTTPConnection
    token: str

    def get(self, path: str) -> tuple[int, str]:
        self.connection.request("GET", path)
        answer = self.connection.getresponse()
        return answer.status, answer.read().decode()

    def post(self, document: str, token: str | None = None, **variables: Any) -> tuple[int, Any]:
        body = json.dumps({"query": document, "variables": variables})
        headers = {"content-type": "application/json", "authorization": f"Bearer {token or self.token}"}
        self.connection.request("POST", "/graphql", body, headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def done(self, document: str, **variables: Any) -> Mapping[str, Any]:
        """The answer to a mutation."""
        status, answer = self.post(document, **variables)
        assert (status, "errors" in answer) == (200, False), answer
        (found,) = answer["data"].values()
        return dict(found)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    assert whence(folder, "paper", "--bars", "400", "--seed", "4", "--json").returncode == 0
    made = whence(folder, "tokens", "create", "eve", "--role", "trader", "--json")
    token: str = json.loads(made.stdout)["token"]
    with started(folder, "--workers", "2", "--rate", "100000/minute") as api:
        found = Desk(psutil.Process(api.program.pid), api.url, folder, token)
        yield found
        _ends_cleanly(api, found)


def _ends_cleanly(api: Started, desk: Desk) -> None:
    workers = desk.workers
    assert api.stop()[0] == 0
    assert not any(worker.is_running() for worker in workers)


def test_a_draft_of_one_process_is_placed_by_the_other_and_repeated_by_the_first(desk: Desk) -> None:
    until(desk.two, "both processes serve")
    one, other = desk.workers
    with desk.at(one) as here, desk.at(other) as there:
        draft = here.done(DRAFT, key="k1", terms=TERMS)
        placed = there.done(PLACE, key="k1", confirmation=draft["confirmation"])
        again = here.done(PLACE, key="k1", confirmation=draft["confirmation"])
    assert (placed["__typename"], placed["repeated"]) == ("Completed", False)
    assert (again["__typename"], again["repeated"], again["ordinal"]) == (
        "Completed",
        True,
        placed["ordinal"],
    )


def test_events_of_a_mutation_at_one_process_reach_subscriptions_at_both(desk: Desk) -> None:
    until(desk.two, "both processes serve")
    one, other = desk.workers
    with _subscribed(desk, one) as here, _subscribed(desk, other) as there, desk.at(one) as client:
        for key, document in (("seen0", PAUSE), ("seen1", RESUME)):
            assert client.done(document, key=key)["__typename"] == "Completed"
        received = [json.loads(socket.recv(timeout=20)) for socket in (here, there)]
    assert [one["type"] for one in received] == ["next", "next"], received
    assert received[0]["payload"] == received[1]["payload"]


@contextmanager
def _subscribed(desk: Desk, worker: psutil.Process) -> Generator[ClientConnection]:
    address = desk.url.replace("http://", "ws://")
    with desk.only(worker):
        socket = connect(address, subprotocols=[Subprotocol("graphql-transport-ws")])
    with socket:
        socket.send(json.dumps({"type": "connection_init"}))
        assert json.loads(socket.recv(timeout=20))["type"] == "connection_ack"
        socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": EVENTS}}))
        socket.send(json.dumps({"type": "ping"}))
        assert json.loads(socket.recv(timeout=20))["type"] == "pong"
        yield socket


def test_the_metrics_of_either_process_name_the_requests_of_both(desk: Desk) -> None:
    until(desk.two, "both processes serve")
    one, other = desk.workers
    with desk.at(one) as here, desk.at(other) as there:
        for client in (here, there):
            assert client.post("{ __typename }")[0] == 200
        until(lambda: _named(here) == _named(there) == {"1", "2"}, "the metrics name both processes")


def _named(client: Client) -> set[str]:
    """The processes whose queries the metrics count, as a client without a token reads them."""
    text = client.get("/metrics")[1]
    return set(re.findall(r'whence_api_response_seconds_count\{operation="query",.*?worker="(\d)"\}', text))


def test_a_killed_process_is_restarted_and_no_mutation_is_lost_or_done_twice(desk: Desk) -> None:
    until(desk.two, "both processes serve")
    one, other = desk.workers
    with desk.at(one) as here, desk.at(other) as there:
        assert here.done(PAUSE, key="begin")["__typename"] == "Completed"
        assert here.done(RESUME, key="first")["__typename"] == "Completed"
        one.send_signal(signal.SIGKILL)
        with pytest.raises((OSError, http.client.HTTPException)):
            here.done(PAUSE, key="lost")
        keys = [f"there{number}" for number in range(20)]
        for key, document in zip(keys, [PAUSE, RESUME] * 10, strict=True):
            assert there.done(document, key=key)["__typename"] == "Completed"
        assert there.done(RESUME, key="first")["__typename"] == "Completed"
    until(desk.two, "the killed process is up again")
    assert one not in desk.workers
    assert other in desk.workers
    with desk.at(next(worker for worker in desk.workers if worker != other)) as client:
        assert client.done(PAUSE, key="lost")["__typename"] == "Completed"
    causes = desk.causes()
    assert {causes[key] for key in ("first", *keys, "lost")} == {1}


def test_wrong_tokens_are_counted_over_both_processes(desk: Desk) -> None:
    until(desk.two, "both processes serve")
    one, other = desk.workers
    wrong = "whence_" + "0" * 12 + "_" + "A" * 43
    with desk.at(one) as here, desk.at(other) as there:
        found = Counter(
            client.post("{ __typename }", wrong)[0] for _ in range(20) for client in (here, there)
        )
        assert found == {401: 30, 429: 10}
        assert {client.post("{ __typename }")[0] for client in (here, there)} == {200}
