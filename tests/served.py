"""An ASGI application behind a real uvicorn, on a free port of this machine."""

from __future__ import annotations

import socket
from collections.abc import Generator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from starlette.types import ASGIApp

from adapters.http.connections import Connections
from adapters.http.frames import BudgetedWebsocket
from adapters.http.protocol import counted_protocol


@contextmanager
def served(app: ASGIApp) -> Generator[str]:
    """`http://127.0.0.1:port` of the running application. Requests before it is ready are answered later."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        http = counted_protocol(Connections())
        server = uvicorn.Server(
            uvicorn.Config(app, http=http, log_level="warning", ws=BudgetedWebsocket, proxy_headers=False)
        )
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, name="served")
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=30)
            assert not thread.is_alive(), "uvicorn did not stop"
