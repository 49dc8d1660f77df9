"""Where the API listens: taken before anything else is begun, so that a port in use costs nothing."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from adapters.http.options import is_loopback
from domain.errors import InvalidInput

_ANYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  # what is told apart, not what is listened on


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """`host` is an address or a name of this machine, `port` 0 any that is free; `cert` and `key` are for TLS."""

    host: str = "127.0.0.1"
    port: int = 8000
    cert: Path | None = None
    key: Path | None = None

    def __post_init__(self) -> None:
        """Raises InvalidInput where only half of what TLS needs is there, or it cannot be used."""
        if (self.cert is None) != (self.key is None):
            raise InvalidInput("TLS needs both: --tls-cert and --tls-key")
        if self.cert is not None and self.key is not None:
            _check_pair(self.cert, self.key)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can come here."""
        return is_loopback(self.host)

    @property
    def is_anywhere(self) -> bool:
        """Whether it is every address of this machine, so that none of them is its name."""
        return self.host in _ANYWHERE

    def listen(self) -> socket.socket:
        """The listening socket. Raises InvalidInput where the port is taken or the address is not this machine's."""
        try:
            family = socket.getaddrinfo(self.host or None, self.port, type=socket.SOCK_STREAM)[0][0]
            return socket.create_server((self.host, self.port), family=family, backlog=1024)
        except OSError as fault:
            why = fault.strerror or str(fault)
            raise InvalidInput(
                f"--host {self.host} --port {self.port} cannot be listened on: {why}"
            ) from None

    def url(self, listening: socket.socket) -> str:
        """What a person types on this machine."""
        host = "localhost" if self.is_anywhere else self.host
        scheme = "http" if self.cert is None else "https"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"


def _check_pair(cert: Path, key: Path) -> None:
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(cert, key)
    except OSError as fault:
        # ssl.SSLError is one too; it names no file.
        raise InvalidInput(f"TLS cannot use {cert} with {key}: {fault.strerror or fault}") from None
