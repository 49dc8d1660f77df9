"""Silent, slow and endless connections are closed, and close the API to nobody."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress

import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from adapters.http.acceptor import Acceptor
from adapters.http.connections import ConnectionLimits, Connections, Peer, Stage
from adapters.http.frames import BudgetedWebsocket, FrameBudget
from adapters.http.protocol import counted_protocol

SMALL = ConnectionLimits(most=30, peer=20, websockets=3, reserve=10)
SILENT = {
    "nothing": b"",
    "half a request line": b"GET /heal",
    "half a head": b"GET /health HTTP/1.1\r\nhost: localhost\r\nx-a: ",
    "half a body": b"POST /body HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nabc",
    "half a chunk": b"POST /body HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nff\r\nabc",
    "a TLS handshake": b"\x16\x03\x01\x02\x00\x01",
}


async def health(_: Request) -> Response:
    return PlainTextResponse("alive")


async def body(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def many(socket: WebSocket) -> None:
    """Returns the number of messages up to the one that is `last`."""
    await socket.accept()
    count = 1
    with suppress(WebSocketDisconnect):
        while await socket.receive_text() != "last":
            count += 1
        await socket.send_text(str(count))
        await socket.receive_text()


async def chat(socket: WebSocket) -> None:
    await socket.accept()
    await socket.receive_text()


@contextmanager
def api(connections: Connections) -> Generator[int]:
    """The port of a server whose connections are counted."""
    app = Starlette(
        routes=[
            Route("/health", health),
            Route("/body", body, methods=["POST"]),
            WebSocketRoute("/", chat),
            WebSocketRoute("/many", many),
        ]
    )
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        port = listening.getsockname()[1]
        config = uvicorn.Config(
            app,
            loop="asyncio",
            http=counted_protocol(connections),
            ws=BudgetedWebsocket,
            log_level="critical",
        )
        server = uvicorn.Server(config)
        sockets: list[socket.socket] = [Acceptor.of(listening, connections)]
        thread = threading.Thread(target=server.run, args=(sockets,))
        thread.start()
        try:
            yield port
        finally:
            server.should_exit = True
            thread.join(20)


@contextmanager
def held(port: int, count: int, sent: bytes, host: str = "127.0.0.1") -> Generator[Sequence[socket.socket]]:
    """Connections from `host` that have sent these bytes and then nothing more."""
    with ExitStack() as stack:
        made: list[socket.socket] = []
        for _ in range(count):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", port), 10, (host, 0)))
            one.sendall(sent)
            made.append(one)
        yield made


@pytest.mark.parametrize("kind", SILENT)
def test_silent_connections_close_the_api_to_nobody(kind: str) -> None:
    connections = Connections(SMALL)
    with api(connections) as port, held(port, 60, SILENT[kind]):
        for _ in range(8):
            began = time.perf_counter()
            assert httpx2.get(f"http://127.0.0.1:{port}/health", timeout=20).text == "alive"
            assert time.perf_counter() - began < 8
        assert len(connections) <= SMALL.peer


def test_silent_connections_of_many_peers_close_the_api_to_nobody() -> None:
    with api(Connections(SMALL)) as port, ExitStack() as stack:
        for peer in range(2, 12):
            stack.enter_context(held(port, 10, b"GET / HT", f"127.0.0.{peer}"))
        assert httpx2.get(f"http://127.0.0.1:{port}/health", timeout=20).text == "alive"


def test_a_response_does_not_wait_for_the_acknowledgement_of_its_head() -> None:
    async def has_no_delay() -> bool:
        with (
            closing(Acceptor.of(socket.create_server(("127.0.0.1", 0)), Connections(SMALL))) as listening,
            held(listening.getsockname()[1], 1, b""),
            listening.accept()[0] as accepted,
        ):
            return accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0

    assert asyncio.run(has_no_delay())


def test_a_process_that_shares_its_socket_accepts_one_connection_in_a_row() -> None:
    async def accept_both() -> None:
        with (
            closing(Acceptor.of(socket.create_server(("127.0.0.1", 0)), Connections(SMALL), 1)) as listening,
            held(listening.getsockname()[1], 2, b""),
        ):
            for _ in range(2):
                listening.accept()[0].close()
                with pytest.raises(BlockingIOError):
                    listening.accept()

    asyncio.run(accept_both())


def test_a_head_without_end_is_refused() -> None:
    with api(Connections(SMALL)) as port, held(port, 1, b"GET /health HTTP/1.1\r\n") as (one,):
        head = b"".join(b"x-%d: %s\r\n" % (number, b"a" * 1_000) for number in range(10_000))
        with pytest.raises(OSError, match=r"reset|pipe"):
            one.sendall(head)
        assert httpx2.get(f"http://127.0.0.1:{port}/health", timeout=20).text == "alive"


def test_a_peer_has_a_limit_of_websockets_and_may_still_send_requests() -> None:
    with api(Connections(SMALL)) as port, ExitStack() as stack:
        for _ in range(SMALL.websockets):
            stack.enter_context(connect(f"ws://127.0.0.1:{port}/"))
        with pytest.raises(InvalidStatus) as refused:
            connect(f"ws://127.0.0.1:{port}/")
        assert refused.value.response.status_code == 503
        assert httpx2.get(f"http://127.0.0.1:{port}/health", timeout=20).text == "alive"


class Counted:
    """Connections by a clock of the test; each has a pair of sockets, so that a close can be seen."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self.now = 0.0
        self.connections = Connections(limits, lambda: self.now)
        self.far: dict[Peer, socket.socket] = {}
        self._near: list[socket.socket] = []

    def opened(self, host: str, port: int) -> bool:
        near, far = socket.socketpair()
        far.settimeout(0)
        self._near.append(near)
        self.far[host, port] = far
        self.now += 0.001
        return self.connections.admitted(near, (host, port))

    def is_closed(self, host: str, port: int) -> bool:
        try:
            return self.far[host, port].recv(1) == b""
        except BlockingIOError:
            return False

    def close(self) -> None:
        for one in (*self._near, *self.far.values()):
            one.close()


@pytest.fixture
def counted() -> Generator[Counted]:
    made = Counted(ConnectionLimits(most=10, peer=4, websockets=2, reserve=3))
    yield made
    made.close()


def test_a_new_connection_replaces_the_one_of_its_peer_that_has_waited_longest(counted: Counted) -> None:
    assert all(counted.opened("192.0.2.1", port) for port in range(5))
    assert [counted.is_closed("192.0.2.1", port) for port in range(5)] == [True, False, False, False, False]


def test_a_silent_connection_is_replaced_before_an_unfinished_one_and_that_before_an_answered_one(
    counted: Counted,
) -> None:
    answered, unfinished, silent, unread = (("192.0.2.1", port) for port in range(4))
    for one in (answered, unfinished, silent, unread):
        counted.opened(*one)
    counted.connections.begun(answered)
    counted.connections.reached(answered, Stage.ANSWER)
    counted.connections.reached(answered, Stage.HEAD)
    counted.connections.begun(unfinished)
    counted.far[unread].sendall(b"G")
    closed: list[Peer] = []
    for port in range(4, 8):
        assert counted.opened("192.0.2.1", port)
        counted.connections.reached(("192.0.2.1", port), Stage.ANSWER)
        closed += [
            one
            for one in (answered, unfinished, silent, unread)
            if one not in closed and counted.is_closed(*one)
        ]
    assert closed == [silent, unfinished, answered, unread]


def test_a_burst_of_silent_connections_drops_no_request_of_the_same_address() -> None:
    with api(Connections()) as port, held(port, 1, b"") as (known,), ExitStack() as stack:
        assert answer(known).endswith(b"alive")
        for _ in range(4):
            stack.enter_context(held(port, 150, b""))
            (honest,) = stack.enter_context(held(port, 1, HEALTH))
            stack.enter_context(held(port, 150, b""))
            assert honest.makefile("rb").readline() == b"HTTP/1.1 200 OK\r\n"
            assert answer(known).endswith(b"alive")


HEALTH = b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n"


def answer(connection: socket.socket) -> bytes:
    """The response to a request; as much of it as arrives before the connection ends."""
    connection.sendall(HEALTH)
    found = b""
    while not found.endswith(b"alive") and (more := connection.recv(1_000)):
        found += more
    return found


def test_a_connection_whose_request_is_being_answered_is_not_replaced(counted: Counted) -> None:
    for port in range(4):
        counted.opened("192.0.2.1", port)
        counted.connections.reached(("192.0.2.1", port), Stage.ANSWER)
    assert not counted.opened("192.0.2.1", 4)
    assert counted.opened("192.0.2.2", 1)
    counted.connections.closed(("192.0.2.1", 0))
    assert counted.opened("192.0.2.1", 5)


def test_connections_of_this_machine_have_a_reserve_that_others_cannot_use(counted: Counted) -> None:
    for peer in range(7):
        assert counted.opened(f"192.0.2.{peer}", 1)
        counted.connections.reached((f"192.0.2.{peer}", 1), Stage.ANSWER)
    assert not counted.opened("192.0.2.9", 1)
    assert [counted.opened("127.0.0.1", port) for port in range(3)] == [True, True, True]


@pytest.mark.parametrize(("stage", "seconds"), [(one, one.value) for one in Stage if one.value is not None])
def test_a_connection_is_closed_after_the_seconds_of_its_stage(
    counted: Counted, stage: Stage, seconds: float
) -> None:
    counted.opened("192.0.2.1", 1)
    counted.connections.reached(("192.0.2.1", 1), stage)
    counted.now += seconds - 0.01
    counted.connections.close_late()
    assert not counted.is_closed("192.0.2.1", 1)
    counted.now += 0.02
    counted.connections.close_late()
    assert counted.is_closed("192.0.2.1", 1)


@pytest.mark.parametrize(
    "header", ["sec-websocket-key", "sec-websocket-protocol", "sec-websocket-extensions"]
)
def test_a_handshake_with_other_characters_than_ascii_is_refused_without_a_trace_in_the_log(
    header: str, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {
        "host": "localhost",
        "connection": "upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "A" * 22 + "==",
        "sec-websocket-protocol": "graphql-transport-ws",
        "sec-websocket-extensions": "permessage-deflate",
    }
    lines = [f"{name}: {value}{chr(0xE9) * (name == header)}" for name, value in headers.items()]
    request = "\r\n".join(["GET / HTTP/1.1", *lines, "", ""]).encode()
    with api(Connections()) as port, socket.create_connection(("127.0.0.1", port), 10) as one:
        one.sendall(request)
        assert one.recv(64).startswith(b"HTTP/1.1 400 ")
    assert [record for record in caplog.records if record.exc_info] == []


EMPTY_FRAMES = {
    "fragments": (b"\x01\x80\0\0\0\0", b"\x00\x80\0\0\0\0"),
    "pings": (b"", b"\x89\x80\0\0\0\0"),
    "pongs": (b"", b"\x8a\x80\0\0\0\0"),
    "texts": (b"", b'\x81\x8f\0\0\0\0{"type":"pong"}'),
}


@pytest.mark.parametrize("kind", EMPTY_FRAMES)
def test_a_websocket_with_too_many_frames_is_closed_and_keeps_no_other_connection_waiting(kind: str) -> None:
    first, frame = EMPTY_FRAMES[kind]
    with api(Connections()) as port, connect(f"ws://127.0.0.1:{port}/many", compression=None) as one:
        one.socket.sendall(first + frame * 400)
        assert httpx2.get(f"http://127.0.0.1:{port}/health", timeout=20).text == "alive"
        with suppress(OSError):  # the API may close while the client still sends
            one.socket.sendall(frame * 800_000)
        began = time.perf_counter()
        assert httpx2.get(f"http://127.0.0.1:{port}/health", timeout=20).text == "alive"
        assert time.perf_counter() - began < 3
        with pytest.raises(ConnectionClosed):
            one.recv(5)


def test_a_websocket_within_its_frames_stays_open_and_one_beyond_them_is_closed_with_1008() -> None:
    with api(Connections()) as port, connect(f"ws://127.0.0.1:{port}/many") as one:
        for _ in range(400):
            one.send("a")
        one.send("last")
        assert one.recv(5) == "401"
        one.socket.sendall(b"\x89\x80\0\0\0\0" * 600)
        with pytest.raises(ConnectionClosed) as closed:
            one.recv(5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008


@pytest.mark.parametrize(
    ("frames", "size", "after", "more", "is_spent"),
    [
        (500, 0, 0.0, 1, True),
        (500, 0, 1.0, 100, False),
        (500, 0, 1.0, 101, True),
        (0, 0, 1_000.0, 501, True),
        (1, 4_000_000, 0.0, 0, False),
        (1, 4_000_001, 0.0, 0, True),
        (1, 4_000_001, 1.0, 0, False),
        (1, 5_000_001, 1.0, 0, True),
    ],
)
def test_the_budget_of_frames_and_bytes_grows_by_the_second_up_to_a_limit(
    frames: int, size: int, after: float, more: int, *, is_spent: bool
) -> None:
    now = [0.0]
    budget = FrameBudget(lambda: now[0])
    budget.spent(frames, size)
    now[0] = after
    assert budget.spent(more, 0) is is_spent
