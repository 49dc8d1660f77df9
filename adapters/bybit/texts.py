"""The pushes of the private stream, which wait for the caller's thread."""

from __future__ import annotations

from queue import SimpleQueue

from adapters.drained import drained


class Texts:
    """A listener that keeps every push in the order of arrival; none is ever dropped."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[str] = SimpleQueue()

    def begin(self) -> None:
        """What the connection before has pushed stays."""

    def take(self, text: str) -> None:
        self._waiting.put(text)

    def fault(self) -> str:
        """A private stream may be silent for hours."""
        return ""

    def taken(self) -> list[str]:
        """The pushes since the last call."""
        return drained(self._waiting)
