"""What followed from each command that came from outside: the log's own memory of idempotency keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from commands.door import EventNamed
from domain.command_fact import is_command, key_and_fingerprint
from domain.events import FULL_NAMES, Event
from domain.log import Envelope


class Followed(NamedTuple):
    """One event that followed, by name and whole."""

    named: EventNamed
    event: Event


class Commanded:
    """Folded from the log like everything else, so an engine that starts anew knows earlier requests.

    A request that led to no event left nothing in the log: asked again it is judged again, and while it is still so,
    nothing follows again. What an exchange reported later followed from the exchange, and is not here.
    """

    __slots__ = ("_by_command", "_fingerprints", "_of_unit")

    def __init__(self) -> None:
        self._by_command: dict[str, list[Followed]] = {}
        self._fingerprints: dict[str, str] = {}
        self._of_unit: dict[str, str] = {}

    def followed(self, command_id: str) -> Sequence[Followed]:
        """All that followed from the request with the key `command_id`, in log order; empty if nothing did."""
        return self._by_command.get(command_id, ())

    def fingerprint(self, command_id: str) -> str:
        """The fingerprint of the request that had this key; empty where the log holds none."""
        return self._fingerprints.get(command_id, "")

    def take(self, ordinal: int, envelope: Envelope) -> None:
        """Takes up the event at this ordinal, where a command stands at the head of its causes."""
        cause = envelope.meta.causation_id
        command = self._of_unit.get(cause)
        if command is None:
            if not is_command(cause):
                return
            command = self._begun(*key_and_fingerprint(cause))
        meta, event = envelope.meta, envelope.event
        self._of_unit[str(meta.event_id)] = command
        named = EventNamed(
            ordinal=ordinal, event_id=meta.event_id, stream=meta.stream, type=FULL_NAMES[type(event)]
        )
        self._by_command[command].append(Followed(named, event))

    def _begun(self, command: str, fingerprint: str) -> str:
        """What follows from a command is recorded in its unit: with the next one the ids of the last are done with."""
        if command not in self._by_command:
            self._of_unit.clear()
            self._by_command[command] = []
            self._fingerprints[command] = fingerprint
        return command
