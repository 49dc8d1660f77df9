"""A web server on loopback that receives messages, and answers with the statuses it is given."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    """`statuses` are the answers to the next requests; after them every answer is 204. 0 closes the connection.

    `bodies` make the next answers endless: `big` sends as fast as it can, `drip` a byte at a time.
    """

    url: str = ""
    requests: list[Received] = field(default_factory=list[Received])
    statuses: deque[int] = field(default_factory=deque[int])
    bodies: deque[str] = field(default_factory=deque[str])


@contextmanager
def receiving() -> Generator[Receiver]:
    """A receiver that is served while the body runs."""
    receiver, stopping = Receiver(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._receive()

        def do_GET(self) -> None:
            self._receive()

        def _receive(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            receiver.requests.append(
                Received(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            )
            status = receiver.statuses.popleft() if receiver.statuses else 204
            if receiver.bodies:
                self._endless(receiver.bodies.popleft())
            elif status:
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("location", "/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()
            else:
                self.close_connection = True

        def _endless(self, kind: str) -> None:
            self.send_response(200)
            self.end_headers()
            chunk, pause = (b"x" * 65_536, 0.0) if kind == "big" else (b"x", 0.1)
            with suppress(OSError):
                while not stopping.wait(pause):
                    self.wfile.write(chunk)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's names)
            """Prints nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}/alerts"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield receiver
        finally:
            stopping.set()
            server.shutdown()
            thread.join()
