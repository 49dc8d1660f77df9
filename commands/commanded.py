"""The events that followed from each command from outside, by idempotency key, folded from the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from commands.door import EventNamed
from domain.command_fact import COMMAND, actors_key, is_command, key_and_fingerprint
from domain.errors import Refused
from domain.events import FULL_NAMES, Event
from domain.log import Envelope, id_text
from domain.sealed import is_comparable


class Followed(NamedTuple):
    """One event that followed: its name and the event itself."""

    named: EventNamed
    event: Event


class KeptCommand(NamedTuple):
    """One command with its fingerprint, its actor and the events that followed from it."""

    command: str
    fingerprint: str
    actor: str
    followed: Sequence[Followed]


class Commanded:
    """The events by idempotency key. They are folded from the log, so an engine knows earlier requests after a restart.

    A key belongs to its actor: two people who use the same key have different requests (`key`).

    The log holds nothing of a request without events; if that request is repeated, it is judged again. Later reports
    of an exchange are not consequences of the request and are not held here.
    """

    __slots__ = ("_actors", "_by_command", "_fingerprints", "_of_unit")

    def __init__(self) -> None:
        self._by_command: dict[str, list[Followed]] = {}
        self._fingerprints: dict[str, str] = {}
        self._of_unit: dict[str, str] = {}
        self._actors: dict[str, str] = {}

    def key(self, command_id: str, actor: str) -> str:
        """The key under which a request of this actor is recorded: the given one, unless another actor used it.

        Raises Refused where the earlier actor is sealed by another key, or only one of the two is sealed: nobody can
        state whether they are one person, and a request that this person repeats must not be carried out twice.
        """
        earlier = self._actors.get(command_id, actor)
        if earlier == actor:
            return command_id
        if not is_comparable(earlier, actor):
            raise Refused(
                f"the key {command_id} was used before personal texts were sealed as they are now, and the log does "
                "not state by whom: look up what followed from it, and send a new request with a new key"
            )
        return actors_key(command_id, actor)

    def followed(self, command_id: str) -> Sequence[Followed]:
        """The events that followed from the request with this key, in log order; empty if none followed."""
        return self._by_command.get(command_id, ())

    def fingerprint(self, command_id: str) -> str:
        """The fingerprint of the request with this key; empty where the log has none."""
        return self._fingerprints.get(command_id, "")

    def take_all(self, before: int, envelopes: Iterable[Envelope]) -> Sequence[str]:
        """Stores those of the events, the first of which follows the ordinal `before`, that followed from a command.

        Returns the keys of these commands, once for each event.
        """
        of_unit, taken = self._of_unit, list[str]()
        for ordinal, envelope in enumerate(envelopes, before + 1):
            cause = envelope.meta.causation_id
            if cause in of_unit or cause.startswith(COMMAND):
                command = self.take(ordinal, envelope)
                if command is not None:
                    taken.append(command)
        return taken

    def take(self, ordinal: int, envelope: Envelope) -> str | None:
        """Stores the event at this ordinal if it followed from a command; returns the command's key then."""
        cause = envelope.meta.causation_id
        command = self._of_unit.get(cause)
        if command is None:
            if not is_command(cause):
                return None
            command = self._begun(*key_and_fingerprint(cause), envelope.meta.actor)
        meta, event = envelope.meta, envelope.event
        self._of_unit[id_text(meta.event_id)] = command
        named = EventNamed(
            ordinal=ordinal, event_id=meta.event_id, stream=meta.stream, type=FULL_NAMES[type(event)]
        )
        self._by_command[command].append(Followed(named, event))
        return command

    def _begun(self, command: str, fingerprint: str, actor: str) -> str:
        """Starts a new command. All events of the previous command were in one unit, so their ids are discarded."""
        if command not in self._by_command:
            self._of_unit.clear()
            self._by_command[command] = []
            self._fingerprints[command] = fingerprint
            self._actors[command] = actor
        return command

    @property
    def commands(self) -> Iterable[str]:
        """The keys of all commands, in the order in which they were recorded."""
        return self._by_command

    @property
    def of_unit(self) -> Mapping[str, str]:
        """The command of each event of the last command's unit, by event id."""
        return self._of_unit

    def kept(self, command: str) -> KeptCommand:
        """What is known of a command, for a snapshot."""
        followed = tuple(self._by_command[command])
        return KeptCommand(command, self._fingerprints[command], self._actors[command], followed)

    def restore(self, commands: Iterable[KeptCommand], of_unit: Mapping[str, str]) -> None:
        """Takes the commands of a snapshot, which replace those with the same keys."""
        for one in commands:
            self._by_command[one.command] = list(one.followed)
            self._fingerprints[one.command] = one.fingerprint
            self._actors[one.command] = one.actor
        self._of_unit = dict(of_unit)
