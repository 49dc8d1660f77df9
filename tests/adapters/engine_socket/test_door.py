"""The door in the API's process: requests, metrics and prices of an engine behind the socket."""

from __future__ import annotations

import socket
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from queue import Queue
from threading import Event
from uuid import UUID

from prometheus_client import generate_latest

from adapters.engine_socket import SocketDoor
from adapters.metrics.engine import EngineMetrics
from adapters.metrics.registry import new_registry
from adapters.metrics.snapshot import SnapshotCollector, snapshot_bytes
from commands.door import Answer, Completed, Declined, EventNamed, TimedOut
from commands.request import Requested
from commands.roles import Role
from infra.run.watchers import Watchers
from tests.adapters.command_topic.test_wire import REQUESTS
from tests.adapters.engine_socket.linked import LONG_ENOUGH, Linked, a_request, linked
from tests.adapters.graphql.dealing import EngineDoor
from tests.commands.requests.asking import Asking
from tests.domain.history import NOW

EVENT = EventNamed(
    ordinal=7, event_id=UUID(int=7), stream="account-paper", type="whence.account.KillSwitchTripped"
)


@contextmanager
def door_to(link: Linked, observer: Watchers | None = None) -> Generator[tuple[SocketDoor, Event]]:
    lost = Event()
    link.other.settimeout(None)
    with link.other.dup() as own:
        yield SocketDoor(own, observer or Watchers(), lost.set), lost
        with suppress(OSError):
            own.shutdown(socket.SHUT_RDWR)
        assert lost.wait(LONG_ENOUGH)


def test_requests_and_answers_arrive_unchanged() -> None:
    arrived: list[Requested] = []

    def engine(requested: Requested) -> Answer:
        arrived.append(requested)
        return Completed(requested.id, tuple([EVENT] * 2_000))

    with linked() as link, door_to(link) as (door, _), ThreadPoolExecutor(1) as pool:
        assert door.configuration() == b"configured"
        answer = pool.submit(door.ask, a_request(reason="Mittag: 昼"), LONG_ENOUGH)
        while link.mailbox.answer_all(engine, 0.01) == 0:
            pass
        assert answer.result() == Completed("k1", [EVENT] * 2_000)
        assert arrived == [a_request(reason="Mittag: 昼")]


def test_over_the_socket_a_source_may_raise_signals_and_the_engine_refuses_its_other_requests() -> None:
    engine = EngineDoor(Asking())
    refused, answers = list[str](), partial(engine.ask, patience=LONG_ENOUGH)
    with linked() as link, door_to(link) as (door, _), ThreadPoolExecutor(1) as pool:
        for number, request in enumerate(REQUESTS):
            asked = replace(a_request(f"k{number}"), actor="source:pump", role=Role.SOURCE, request=request)
            answer = pool.submit(door.ask, asked, LONG_ENOUGH)
            while link.mailbox.answer_all(answers, 0.01) == 0:
                assert not answer.done(), answer.result()
            found = answer.result()
            if isinstance(found, Declined) and found.code == "NotAllowed":
                refused.append(type(request).__name__)
    assert sorted(refused) == sorted(
        type(one).__name__ for one in REQUESTS if type(one).__name__ != "RaiseSignal"
    )


def test_a_request_that_is_too_long_is_declined() -> None:
    with linked() as link, door_to(link) as (door, _):
        answer = door.ask(a_request(reason="x" * 100_000), LONG_ENOUGH)
        assert isinstance(answer, Declined)
        assert "allowed" in answer.reason


def test_what_is_known_is_returned_to_a_caller_when_the_engine_process_is_gone() -> None:
    with linked() as link, door_to(link) as (door, lost):
        link.other.shutdown(socket.SHUT_RDWR)
        assert lost.wait(LONG_ENOUGH)
        answer = door.ask(a_request(), 0)
        assert isinstance(answer, TimedOut)
        assert "never carried out twice" in answer.known


def test_the_metrics_of_the_engine_are_exposed_as_the_engine_would() -> None:
    registry, shown = new_registry(), new_registry()
    metrics = EngineMetrics(registry)
    metrics.saw("BTC", Decimal(1), NOW)
    metrics.recorded((), 0.02, 0.3)
    with linked(partial(snapshot_bytes, registry)) as link, door_to(link) as (door, _):
        SnapshotCollector(door.figures, shown)
        assert generate_latest(shown) == generate_latest(registry)


def test_prices_are_passed_to_the_observer() -> None:
    class Seen(Watchers):
        def saw(self, instrument: str, close: Decimal, at: datetime) -> None:
            seen.put((instrument, close, at))

    seen: Queue[tuple[str, Decimal, datetime]] = Queue()
    with linked() as link, door_to(link, Seen()) as (door, _):
        door.up()
        link.quotes.saw("BTC", Decimal("1.50"), NOW)
        assert seen.get(timeout=LONG_ENOUGH) == ("BTC", Decimal("1.50"), NOW)
