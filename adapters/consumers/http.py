"""A consumer of HTTP POST requests."""

from __future__ import annotations

from typing import Final

from adapters.alerts.http import status_of
from adapters.alerts.place import Undelivered
from domain.errors import Refused

_HEADERS: Final = {"content-type": "application/x-ndjson", "user-agent": "whence"}
_NAME: Final = "the consumer"
_PASSING: Final = frozenset({408, 425, 429})
"""Statuses below 500 that RFC 9110 and RFC 6585 mean to pass: the same request may be repeated."""


class HttpConsumer:
    """Posts each batch as JSON lines. Every status from 200 to 299 confirms it; a redirect is not followed."""

    def __init__(self, url: str) -> None:
        self._url = url

    def send(self, body: bytes) -> None:
        """See `Consumer`. The URL and the response are in no error, because both may hold secrets."""
        status = status_of(_NAME, "POST", self._url, body=body, headers=_HEADERS)
        if 200 <= status < 300:
            return
        if status >= 500 or status in _PASSING:
            raise Undelivered(f"{_NAME} answered with status {status}")
        raise Refused(f"{_NAME} refused the events with status {status}")

    def close(self) -> None:
        """See `Consumer`; each request has a connection of its own."""
