"""What is told of the API's traffic to whoever counts it."""

from __future__ import annotations

from typing import Protocol


class Observer(Protocol):
    """Metrics take these; each is called on the event loop and returns at once."""

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """One HTTP request was answered; `route` is one of few, never what was typed."""
        ...

    def limited(self) -> None:
        """A request was refused because its caller comes too often."""
        ...

    def connected(self) -> None:
        """A websocket was opened."""
        ...

    def disconnected(self) -> None:
        """A websocket was closed."""
        ...


class Unobserved:
    """Nobody counts."""

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """See `Observer`."""

    def limited(self) -> None:
        """See `Observer`."""

    def connected(self) -> None:
        """See `Observer`."""

    def disconnected(self) -> None:
        """See `Observer`."""
