"""A consumer that confirms batches of lines, and how often a batch is sent again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import urlsplit

from adapters.alerts.place import Undelivered
from adapters.back_off import random_pause
from domain.errors import InvalidInput, Refused

ATTEMPTS = 8
"""Attempts for one batch: about half a minute of pauses between them."""
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 10.0
"""Seconds between two attempts."""


class Consumer(Protocol):
    """Receives batches over one protocol."""

    def send(self, body: bytes) -> None:
        """Returns when the batch is confirmed.

        Raises Undelivered where it may not have arrived, and Refused where sending it again would not help.
        """
        ...

    def close(self) -> None:
        """Ends its connection; idempotent."""
        ...


class Patient:
    """Sends each batch until it is confirmed. A batch can arrive twice: its lines have ordinals."""

    def __init__(self, consumer: Consumer, wait: Callable[[float], None], stops: Callable[[], bool]) -> None:
        """`wait` waits for some seconds, or until a stop is requested; then no further attempt is made."""
        self._consumer, self._wait, self._stops = consumer, wait, stops

    def send(self, body: bytes) -> None:
        """Raises Refused, with the reason, where the batch was not confirmed."""
        for failures in range(1, ATTEMPTS + 1):
            try:
                self._consumer.send(body)
            except Undelivered as fault:
                if failures == ATTEMPTS or self._stops():
                    raise Refused(f"{fault}, after {failures} attempts") from None
                self._wait(random_pause(failures, FIRST_PAUSE, LONGEST_PAUSE))
            else:
                return


def consumer_of(url: str) -> Consumer:
    """The consumer at this URL. Raises InvalidInput, whose message does not have the URL, which may be a secret."""
    from adapters.consumers.http import HttpConsumer
    from adapters.consumers.websocket import WebSocketConsumer

    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole, parts = False, urlsplit("")
    kinds: Mapping[str, Callable[[str], Consumer]] = {
        "http": HttpConsumer,
        "https": HttpConsumer,
        "ws": WebSocketConsumer,
        "wss": WebSocketConsumer,
    }
    made = kinds.get(parts.scheme)
    if made is None or not is_whole:
        raise InvalidInput(
            "this is not the address of a consumer; write it like https://HOST/PATH or wss://HOST/PATH"
        )
    return made(url)
