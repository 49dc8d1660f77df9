"""What the proxy of the cuts leaves behind."""

from __future__ import annotations

import asyncio
import gc
import socket

import pytest

from tests.adversary.proxy import Proxy, proxied
from tests.event_loop import running_loop


def test_a_proxy_that_ends_amid_a_connection_ends_it_on_both_sides() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with proxied(server.getsockname()[1]) as cut:
            client = socket.create_connection(("127.0.0.1", cut.port), timeout=5)
            accepted, _ = server.accept()
            accepted.settimeout(5)
            client.sendall(b"one")
            assert accepted.recv(3) == b"one"
        with client, accepted:
            assert has_ended(client)
            assert has_ended(accepted)


@pytest.mark.parametrize("turns", range(5))
def test_a_connection_that_arrives_as_the_line_is_refused_is_closed(turns: int) -> None:
    """pytest fails the test for a socket that nobody has closed."""
    with socket.create_server(("127.0.0.1", 0)) as server, running_loop() as loop:
        cut = Proxy(server.getsockname()[1], loop)

        async def refused_amid_a_connection() -> socket.socket:
            client = socket.create_connection(("127.0.0.1", cut.port), timeout=5)
            for _ in range(turns):
                await asyncio.sleep(0)
            await cut._refuse()  # pyright: ignore[reportPrivateUsage]
            return client

        with asyncio.run_coroutine_threadsafe(refused_amid_a_connection(), loop).result(10):
            cut.close()
        gc.collect()


def has_ended(connection: socket.socket) -> bool:
    """Whether the other side has closed or reset the connection; fails after the socket's timeout."""
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True
