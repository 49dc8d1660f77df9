"""The address the API listens on. The socket is opened first, so that a port in use is reported before any work."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from dataclasses import dataclass, replace
from pathlib import Path

from adapters.http.options import is_loopback
from domain.errors import InvalidInput

BACKLOG = 1024
"""The number of connections that wait to be accepted."""
LOOPBACK = "127.0.0.1"
"""The host where none is named; some commands have no option for another."""
_OF_THE_PORT = frozenset({errno.EADDRINUSE, errno.EACCES})
"""The errors that another port avoids."""
_ANYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  # only compared with


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """`host` is an address or a name of this machine; `port` 0 is any free port; `cert` and `key` are for TLS."""

    host: str = LOOPBACK
    port: int = 8000
    cert: Path | None = None
    key: Path | None = None

    def __post_init__(self) -> None:
        """Raises InvalidInput where only one of `cert` and `key` is given, or TLS cannot use them."""
        if (self.cert is None) != (self.key is None):
            raise InvalidInput("TLS needs both: --tls-cert and --tls-key")
        if self.cert is not None and self.key is not None:
            _check_pair(self.cert, self.key)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        return is_loopback(self.host)

    @property
    def is_anywhere(self) -> bool:
        """Whether the host stands for every address of this machine, as `0.0.0.0` does. Clients cannot use it."""
        return self.host in _ANYWHERE

    def listen(self) -> socket.socket:
        """Opens the listening socket; raises InvalidInput where the port is in use or the address is not local."""
        try:
            family = socket.getaddrinfo(self.host or None, self.port, type=socket.SOCK_STREAM)[0][0]
            return socket.create_server((self.host, self.port), family=family, backlog=BACKLOG)
        except OSError as fault:
            raise InvalidInput(self._refusal(fault)) from None

    def check(self) -> None:
        """Raises InvalidInput as `listen` does, and leaves the port free."""
        self.listen().close()

    def bound(self, listening: socket.socket) -> ListenAddress:
        """The same address with the port of the socket, which the system has chosen for port 0."""
        return replace(self, port=listening.getsockname()[1])

    def url(self, listening: socket.socket) -> str:
        """The URL for clients on this machine."""
        host = "localhost" if self.is_anywhere else self.host
        scheme = "http" if self.cert is None else "https"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"

    def _refusal(self, fault: OSError) -> str:
        host = "" if self.host == LOOPBACK else f"--host {self.host} "
        option = f"{host}--port {self.port} cannot be listened on"
        if fault.errno in _OF_THE_PORT:
            return f"{option}: {os.strerror(fault.errno)}; choose another with --port"
        return f"{option}: {fault.strerror or fault}"


def _check_pair(cert: Path, key: Path) -> None:
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(cert, key)
    except OSError as fault:
        # ssl.SSLError is an OSError, too; it names no file.
        raise InvalidInput(f"TLS cannot use {cert} with {key}: {fault.strerror or fault}") from None
