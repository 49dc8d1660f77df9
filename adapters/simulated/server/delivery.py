"""Sends one push to the sessions that subscribed to it, spoiled by the fault that strikes it."""

from __future__ import annotations

from collections.abc import Collection

from adapters.simulated.server.faults import Fault, Faults, Kind
from adapters.simulated.server.session import Session

Row = dict[str, object]


class Delivery:
    """A fault strikes a push for every session alike. `sent` counts the frames that were queued."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._held: dict[str, tuple[list[Session], bytes]] = {}
        self.sent = 0

    def send(self, sessions: Collection[Session], place: str, facts: Row, topic: str, frame: bytes) -> None:
        """`place` and `facts` are what faults are limited by: a topic without its symbol, and the first row."""
        fault = self._faults.of_push(place, facts)
        held = self._held.pop(topic, None)
        if fault is None:
            self._queue(sessions, frame)
        else:
            self._spoil(sessions, topic, frame, fault)
        if held is not None:
            self._queue(*held)

    def _spoil(self, sessions: Collection[Session], topic: str, frame: bytes, fault: Fault) -> None:
        match fault.kind:
            case Kind.DUPLICATE:
                self._queue(sessions, frame)
                self._queue(sessions, frame)
            case Kind.REORDERED:
                self._held[topic] = list(sessions), frame
            case Kind.DELAY:
                self._late(sessions, frame, fault)
            case Kind.TRUNCATED:
                self._queue(sessions, frame[: len(frame) // 2])
            case _:  # MISSING: the push is lost
                pass

    def _queue(self, sessions: Collection[Session], frame: bytes) -> None:
        for session in sessions:
            session.send(frame)
        self.sent += len(sessions)

    def _late(self, sessions: Collection[Session], frame: bytes, fault: Fault) -> None:
        for session in sessions:
            session.send_later(frame, fault.value)
