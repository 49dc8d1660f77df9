"""What travels beside the events of an append, in the append's own transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Settled = Callable[[], None]


class Beside:
    """Holds the body of one record until an append has written it."""

    def __init__(self, alone: Callable[[bytes], None]) -> None:
        """`alone` writes a body in a transaction without events, and raises the log's errors."""
        self._alone = alone
        self._offered: tuple[bytes, Settled] | None = None

    @property
    def bodies(self) -> Sequence[bytes]:
        """What the next append writes."""
        return () if self._offered is None else (self._offered[0],)

    def offer(self, body: bytes, settled: Settled) -> None:
        """Replaces what the next append writes; `settled` is called when it is durable."""
        self._offered = body, settled

    def settle(self) -> None:
        """Called when an append is durable, with what was offered."""
        offered, self._offered = self._offered, None
        if offered is not None:
            offered[1]()

    def write(self, body: bytes) -> None:
        """Writes a body at once, without events. Raises the log's errors."""
        self._alone(body)
        self._offered = None
