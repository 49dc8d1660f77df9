"""Connections to an API that is down are refused at once, and accepted again afterwards."""

from __future__ import annotations

import asyncio
import socket

from infra.run.refusing import Refusing

REQUEST = b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"


async def response_to(port: int, sent: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    response = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return response


async def served_once(listening: socket.socket) -> bytes:
    """The request of the next connection that reaches the listening socket itself."""
    accepted, _ = await asyncio.get_running_loop().sock_accept(listening)
    with accepted:
        accepted.settimeout(0)
        return await asyncio.get_running_loop().sock_recv(accepted, 1_000)


def test_requests_and_silent_connections_are_refused_until_the_end_and_accepted_after_it() -> None:
    async def run() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.settimeout(0)
            port, refusing = listening.getsockname()[1], Refusing(listening)
            await refusing.begin()
            await refusing.begin()
            responses = await asyncio.gather(
                *(response_to(port, sent) for sent in (REQUEST, REQUEST[:9], bytes(100_000)))
            )
            assert all(one.startswith(b"HTTP/1.1 503 ") for one in responses[:2])
            assert b"nothing was done" in responses[0]
            refusing.end()
            refusing.end()
            served = asyncio.create_task(served_once(listening))
            assert await response_to(port, REQUEST) == b""
            assert await served == REQUEST

    asyncio.run(run())


def test_processes_that_end_at_the_same_moment_begin_one_refusal_that_ends() -> None:
    async def refused() -> bytes:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            refusing = Refusing(listening)
            await asyncio.gather(refusing.begin(), refusing.begin())
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            answer = await reader.readline()
            writer.close()
            refusing.end()
            _, late = await asyncio.open_connection(*listening.getsockname())
            listening.setblocking(False)
            accepted, _ = listening.accept()
            accepted.close()
            late.close()
            return answer

    assert b" 503 " in asyncio.run(refused())
