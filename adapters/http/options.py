"""Limits of the API: hosts, origins, rate, body size, duration."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from limits import RateLimitItem, parse

from domain.errors import InvalidInput

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_MOST_REQUESTS = 1_000_000
"""The largest number of requests in a rate."""


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """`hosts` are host names that requests may use, in addition to this machine's own. `origins` are the origins of
    other pages that may send requests. `rate`, as in `600/minute`, is the limit for each token, or for each peer that
    sends no token. `body_bytes` is the maximum size of a request's body, `message_bytes` that of a websocket's message.
    A request is ended after `patience` seconds.

    `tls` is true where the program itself serves TLS.
    """

    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    rate: str = "600/minute"
    body_bytes: int = 1_000_000
    message_bytes: int = 200_000
    patience: float = 30.0
    tls: bool = False

    def __post_init__(self) -> None:
        """Raises InvalidInput where a host, an origin or the rate is invalid."""
        for host in self.hosts:
            _check_host(host)
        for origin in self.origins:
            _check_origin(origin)
        rate_of(self.rate)


def rate_of(text: str) -> RateLimitItem:
    """The rate in `text`. Raises InvalidInput where it is invalid."""
    with suppress(ValueError):
        rate = parse(text)
        if rate.amount <= _MOST_REQUESTS:
            return rate
    raise InvalidInput(
        f"{text[:60]!r} is not a rate of 1 to {_MOST_REQUESTS} requests; write it like 600/minute"
    )


@lru_cache(maxsize=64)
def is_loopback(host: str) -> bool:
    """Whether a peer's address or a host name belongs to this machine's loopback interface."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_host(host: str) -> None:
    if not host or "*" in host.removeprefix("*.") or "/" in host or (":" in host and host.count(":") == 1):
        raise InvalidInput(
            f"{host!r} is not a host; write its name alone, like api.example.com or *.example.com"
        )


def _check_origin(origin: str) -> None:
    parts = urlsplit(origin)
    if (
        parts.scheme not in ("http", "https")
        or origin != f"{parts.scheme}://{parts.netloc}"
        or not parts.netloc
    ):
        raise InvalidInput(
            f"{origin!r} is not an origin; write scheme, host and port, like https://desk.example.com"
        )
