"""A place that messages are delivered to."""

from __future__ import annotations

from typing import Protocol

from adapters.alerts.notice import Message


class Undelivered(Exception):
    """The message may not have arrived; the text states why, without secrets."""


class Place(Protocol):
    """A webhook or a command."""

    @property
    def name(self) -> str:
        """The place's name in the store and in messages."""
        ...

    def deliver(self, message: Message) -> None:
        """Returns after the place has confirmed the message; raises Undelivered otherwise."""
        ...
