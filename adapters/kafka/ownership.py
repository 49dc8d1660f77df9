"""Who owns a partition, asked before anyone is fenced off.

The owner is a member of the consumer group `<topic>.<partition>.owner`, and its client id says which process of
which host it is. Whoever wants to own joins and looks: alone, it owns; else it leaves and says who does. A process of
this host that is dead does not count; a silent one of another host counts until its session runs out. This spares
the first owner a fencing by mistake; the guarantee is the fence.
"""

from __future__ import annotations

import json
import os
import random
import socket
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Final, Self

from confluent_kafka import Consumer

from adapters.kafka.client import Clients
from adapters.kafka.config import KafkaSettings
from adapters.kafka.errors import KafkaLogOwned, KafkaOwnershipLost, KafkaUnavailable

_SESSION_MS: Final = 10_000
_TRIES: Final = 4


@dataclass(frozen=True, slots=True)
class Owner:
    """A process that owns a partition or would like to, since when (UTC); `token` tells apart claims of one process."""

    host: str
    pid: int
    since: str
    token: str

    @classmethod
    def this_process(cls) -> Self:
        since = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(socket.gethostname(), os.getpid(), since, os.urandom(4).hex())

    @classmethod
    def of(cls, client_id: str) -> Self | None:
        """The owner that `client_id` names, None if it names none."""
        try:
            return cls(**json.loads(client_id))
        except (ValueError, TypeError):
            return None

    @property
    def client_id(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @property
    def is_dead(self) -> bool:
        """Whether it was a process of this host that has ended."""
        return self.host == socket.gethostname() and not _is_alive(self.pid)

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.since}"


class Claim:
    """This process's claim to a partition."""

    def __init__(self, clients: Clients, settings: KafkaSettings) -> None:
        self._clients, self._settings = clients, settings
        self._group = f"{settings.topic}.{settings.partition}.owner"
        self._me = Owner.this_process()
        self._stopped = threading.Event()
        self._member: threading.Thread | None = None

    def make(self) -> None:
        """Own the partition, or say who does.

        Raises KafkaLogOwned: names host, process and since when. KafkaUnavailable: the broker does not answer.
        """
        if self._settings.take_over:
            self._join()
            return
        for _ in range(_TRIES):
            self._refuse_if_owned()
            self._join()
            if not self.others():
                return
            # Two have begun at once and both step back: who waits longer finds the other there.
            self.close()
            self._stopped.clear()
            self._stopped.wait(random.uniform(0.1, 1.0))  # noqa: S311 - a pause, not a secret
        self._refuse_if_owned()
        raise KafkaUnavailable(f"{self._settings.name}: several engines begin at once, none got through")

    def _refuse_if_owned(self) -> None:
        if others := self.others():
            raise KafkaLogOwned(
                f"{self._settings.name} is owned by {others[0]}: it can be read from here, not written"
            )

    def check(self) -> None:
        """Before taking over again: nobody else may have come in the meantime.

        Raises KafkaOwnershipLost: somebody has; the message says who.
        """
        if not self._settings.take_over and (others := self.others()):
            raise KafkaOwnershipLost(
                f"{self._settings.name} is owned by {others[0]} by now: nothing is written from here"
            )

    def others(self) -> list[Owner]:
        """Everybody else in the group who may be alive."""
        return [owner for owner in self._owners() if owner != self._me and not owner.is_dead]

    def close(self) -> None:
        """Leave."""
        self._stopped.set()
        if self._member is not None:
            self._member.join()
            self._member = None

    def _join(self) -> None:
        """Be seen in the group: it would be pointless to wait for it to settle, for the dead delay that."""
        self._member = threading.Thread(target=self._stay, name=f"own {self._settings.name}", daemon=True)
        self._member.start()
        deadline = monotonic() + self._clients.timeout
        while self._me not in self._owners():
            if monotonic() > deadline or self._stopped.wait(0.02):
                raise KafkaUnavailable(f"the group {self._group} could not be joined")

    def _stay(self) -> None:
        member = self._clients.member(self._group, self._me.client_id, _SESSION_MS)
        # Membership is all that is wanted: what is assigned is not read.
        member.subscribe([self._settings.topic], on_assign=_take_nothing)
        while not self._stopped.is_set():
            member.poll(0.2)
        member.close()

    def _owners(self) -> list[Owner]:
        members = self._clients.admin.members(self._group)
        return [owner for member in members if (owner := Owner.of(member.client_id)) is not None]


def _take_nothing(member: Consumer, _: object) -> None:
    member.assign([])


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
