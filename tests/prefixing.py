"""A reverse proxy on this machine that serves a program below a path, as the one in front of a shared host does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer

_MOST_BYTES = 65_536
_HEAD_END = b"\r\n"


class _Proxy(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, prefix: str) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.port = port
        self.prefix = prefix.encode()


class _Connection(StreamRequestHandler):
    """One request: its path without the prefix, then both directions as they come, until one side ends."""

    def handle(self) -> None:
        assert isinstance(self.server, _Proxy)
        method, path, version = self.rfile.readline().split()
        if not path.startswith(self.server.prefix):
            self.wfile.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        inner = b"/" + path.removeprefix(self.server.prefix)
        head = [b" ".join((method, inner, version)) + _HEAD_END, *self._headers()]
        with socket.create_connection(("127.0.0.1", self.server.port)) as program:
            program.sendall(b"".join(head))
            back = threading.Thread(target=self._copy_back, args=(program,), daemon=True)
            back.start()
            with suppress(OSError):
                while sent := self.rfile.read1(_MOST_BYTES):
                    program.sendall(sent)
            with suppress(OSError):
                program.shutdown(socket.SHUT_WR)
            back.join()

    def _headers(self) -> list[bytes]:
        """The headers; a connection has one request unless it becomes a WebSocket."""
        lines = list(iter(self.rfile.readline, _HEAD_END))
        if not any(line.lower().startswith(b"upgrade:") for line in lines):
            lines = [one for one in lines if not one.lower().startswith(b"connection:")]
            lines.append(b"Connection: close\r\n")
        return [*lines, _HEAD_END]

    def _copy_back(self, program: socket.socket) -> None:
        with suppress(OSError):
            while received := program.recv(_MOST_BYTES):
                self.connection.sendall(received)
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def below(port: int, prefix: str) -> Generator[str]:
    """The address below which the program on this port is served; `prefix` begins and ends with a slash."""
    with _Proxy(port, prefix) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{proxy.server_address[1]}{prefix}"
        proxy.shutdown()
