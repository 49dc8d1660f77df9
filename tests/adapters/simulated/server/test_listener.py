"""The port of the venue: what becomes of connections that come while it is closed."""

from __future__ import annotations

import asyncio
import gc
import socket
import warnings

import pytest
from aiohttp import web

from adapters.simulated.server.listener import Listener


async def answer(_request: web.BaseRequest) -> web.Response:
    return web.Response()


async def closed_amid_a_connection(rounds: int) -> None:
    """Closes this many rounds of the loop after a connection came."""
    server = web.Server(answer)
    listener = Listener(server, "127.0.0.1", 0)
    await listener.open()
    with socket.create_connection(("127.0.0.1", listener.port), 5):
        for _round in range(rounds):
            await asyncio.sleep(0)
        await listener.close()
        await server.shutdown(0.1)


@pytest.mark.parametrize("rounds", range(5))
def test_a_connection_that_comes_while_the_port_is_closed_leaks_no_socket(rounds: int) -> None:
    with warnings.catch_warnings(record=True) as leaked:
        warnings.simplefilter("always", ResourceWarning)
        asyncio.run(closed_amid_a_connection(rounds))
        gc.collect()
    assert [str(one.message) for one in leaked] == []


def test_a_second_close_changes_nothing() -> None:
    async def closed_twice() -> int:
        listener = Listener(web.Server(answer), "127.0.0.1", 0)
        await listener.open()
        await listener.close()
        await listener.close()
        return listener.port

    port = asyncio.run(closed_twice())
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 5)
