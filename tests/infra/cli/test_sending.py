"""`whence log --send URL`: at least once, in batches with ordinals, and never with the URL in a message."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from tests.adapters.alerts.receiver import Receiver, receiving
from tests.adapters.log.days import days, opened
from tests.infra.cli.conftest import Whence
from tests.infra.run.stores import filled

EVENTS = [opened(), *days("account-main", 1, 600)]
HIDDEN = "hidden-part"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A log of 601 events: two batches."""
    address = f"sqlite:///{tmp_path_factory.mktemp('log') / 'log.db'}"
    filled(address, EVENTS)
    return address


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def ordinals(bodies: Sequence[bytes | str]) -> Sequence[Sequence[int]]:
    """The ordinals of each batch."""
    return [[json.loads(line)["ordinal"] for line in body.splitlines()] for body in bodies]


def test_events_are_posted_in_batches_of_json_lines_as_json_prints_them(
    whence: Whence, log: str, receiver: Receiver
) -> None:
    done = whence("log", "--log", log, "--send", f"{receiver.url}?token={HIDDEN}")
    assert (done.code, done.out) == (0, ""), done.err
    assert "601 events sent, up to ordinal 601" in done.err
    bodies = [one.body for one in receiver.requests]
    assert [len(one) for one in ordinals(bodies)] == [500, 101]
    assert b"".join(bodies).decode() == whence("log", "--log", log, "--json").out
    assert {one.headers["content-type"] for one in receiver.requests} == {"application/x-ndjson"}


def test_a_batch_that_was_not_confirmed_is_sent_again(whence: Whence, log: str, receiver: Receiver) -> None:
    receiver.statuses.extend([503, 0, 204])
    done = whence("log", "--log", log, "--from", "600", "--send", receiver.url)
    assert done.code == 0, done.err
    assert ordinals([one.body for one in receiver.requests]) == [[600, 601]] * 3


def test_a_consumer_that_refuses_ends_the_command_with_the_ordinal_to_continue_from(
    whence: Whence, log: str, receiver: Receiver
) -> None:
    receiver.statuses.extend([204, 403])
    done = whence("log", "--log", log, "--send", f"{receiver.url}?token={HIDDEN}")
    assert done.code == 1
    assert "the consumer refused the events with status 403; 500 events confirmed before" in done.err
    assert "continue with --from 501" in done.err
    assert HIDDEN not in done.err


def test_a_consumer_that_is_not_there_is_named_without_its_address_after_the_last_attempt(
    whence: Whence, log: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.consumers.consumer.FIRST_PAUSE", 0.001)
    for scheme in ("http", "ws"):
        done = whence("log", "--log", log, "--send", f"{scheme}://127.0.0.1:1/{HIDDEN}")
        assert done.code == 1
        assert "after 8 attempts" in done.err
        assert "continue with --from 1" in done.err
        assert HIDDEN not in done.err


@contextmanager
def listening(statuses: Sequence[int], most: int = 2**20) -> Generator[tuple[str, list[str | bytes]]]:
    """The address of a WebSocket server and the messages that it receives, of at most `most` bytes.

    It answers its first connections with these statuses.
    """
    messages, waiting = list[str | bytes](), deque(statuses)

    def refuse(connection: ServerConnection, _request: Request) -> Response | None:
        return connection.respond(waiting.popleft(), "") if waiting else None

    def handle(connection: ServerConnection) -> None:
        messages.extend(connection)

    with serve(handle, "127.0.0.1", 0, process_request=refuse, max_size=most) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/{HIDDEN}", messages
        finally:
            server.shutdown()
            thread.join()


def test_events_are_sent_over_a_websocket_once_the_server_accepts_the_connection(
    whence: Whence, log: str
) -> None:
    with listening([503, 503]) as (url, messages):
        done = whence("log", "--log", log, "--from", "100", "--send", url)
    assert done.code == 0, done.err
    assert [len(one) for one in ordinals(messages)] == [500, 2]


def test_a_websocket_that_ends_at_a_message_is_tried_again_and_named_without_its_address(
    whence: Whence, log: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.consumers.consumer.FIRST_PAUSE", 0.001)
    with listening([], most=10) as (url, messages):
        done = whence("log", "--log", log, "--from", "600", "--send", url)
    assert (done.code, messages) == (1, [])
    assert "the consumer ended the connection, after 8 attempts" in done.err
    assert "continue with --from 600" in done.err
    assert HIDDEN not in done.err


def test_a_websocket_server_that_refuses_the_connection_is_not_tried_again(whence: Whence, log: str) -> None:
    with listening([401]) as (url, messages):
        done = whence("log", "--log", log, "--send", url)
    assert (done.code, messages) == (1, [])
    assert "the consumer refused the connection with status 401" in done.err


def test_a_filtered_part_is_sent(whence: Whence, log: str, receiver: Receiver) -> None:
    done = whence("log", "--log", log, "--type", "LogOpened", "--send", receiver.url)
    assert "1 event sent, up to ordinal 1" in done.err
    assert ordinals([one.body for one in receiver.requests]) == [[1]]


@pytest.mark.parametrize(
    "url", ["ftp://host/hidden-part", "https:///hidden-part", "hidden-part", "http://[hidden-part"]
)
def test_an_address_of_no_consumer_is_refused_without_repeating_it(
    whence: Whence, log: str, url: str
) -> None:
    done = whence("log", "--log", log, "--send", url)
    assert done.code == 2
    assert "this is not the address of a consumer" in done.err
    assert HIDDEN not in done.err


def test_whence_log_has_no_events_to_send_where_there_is_no_log(whence: Whence, tmp_path: Path) -> None:
    assert "there is no log at" in whence("log", "--send", "http://127.0.0.1:1/").err
    assert not list(tmp_path.iterdir())
