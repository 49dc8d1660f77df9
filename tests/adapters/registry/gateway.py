"""A TCP port in front of a server, which can be closed and opened again: an outage that the server does not notice."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

_AT_ONCE = 65_536


class Gateway:
    """Passes connections on to `target` while it is open."""

    def __init__(self, target: tuple[str, int], port: int) -> None:
        self._target, self._port = target, port
        self._held: list[socket.socket] = []

    @property
    def place(self) -> str:
        """`host:port`."""
        return f"127.0.0.1:{self._port}"

    def open(self) -> None:
        listener = socket.create_server(("127.0.0.1", self._port))
        self._held = [listener]
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def close(self) -> None:
        """Ends the listener and every connection."""
        for one in self._held:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self._target)
                self._held += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=_pass_on, args=(source, sink), daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_AT_ONCE):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
