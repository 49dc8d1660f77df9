"""What the proxy of the cuts leaves behind."""

from __future__ import annotations

import socket

from tests.adversary.proxy import proxied


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


def has_ended(connection: socket.socket) -> bool:
    """Whether the other side has closed or reset the connection; fails after the socket's timeout."""
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True
