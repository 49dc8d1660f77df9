"""Ownership of a partition, checked before a writer fences off another.

The owner is a member of the consumer group `<topic>.<partition>.owner`; its client id names its host and process. A
process that wants to own the partition joins the group. A process that is then the only member owns the partition;
otherwise it leaves the group and reports the owner. A member on this host whose process has ended does not count,
neither does a claim that this process has given up, which a cut connection may not have reported; a member on another
host counts until its session expires. The check only keeps a process from fencing off a running owner
by accident. The fencing guarantees that there is a single writer (see `takeover`).
"""

from __future__ import annotations

import json
import os
import socket
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from random import SystemRandom
from time import monotonic
from typing import Final, Self

from confluent_kafka import Consumer

from adapters.kafka.client import Clients
from adapters.kafka.config import KafkaSettings
from adapters.kafka.errors import KafkaLogOwned, KafkaOwnershipLost, KafkaUnavailable

_SESSION_MS: Final = 10_000
_TRIES: Final = 4
_given_up: Final = set[str]()
"""The tokens of the claims that this process has given up. A broker that it did not reach lists them for a while."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A process that owns or claims a partition.

    `since` is the UTC time of the claim in ISO format; `token` distinguishes several claims of one process.
    """

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
        """The owner that `client_id` names; None where `client_id` is not the name of an owner."""
        try:
            return cls(**json.loads(client_id))
        except (ValueError, TypeError):
            return None

    @property
    def client_id(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @property
    def is_dead(self) -> bool:
        """Whether the owner is an ended process of this host, or a claim that this process has given up."""
        return self.host == socket.gethostname() and (not _is_alive(self.pid) or self.token in _given_up)

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
        """Becomes the owner of the partition.

        Raises KafkaLogOwned where another process owns the partition (the message names its host, its process and the
        time of its claim). Raises KafkaUnavailable where the broker does not respond or several processes claim the
        partition at once.
        """
        if self._settings.take_over:
            self._join()
            return
        for _ in range(_TRIES):
            self._refuse_if_owned()
            self._join()
            if not self.others():
                return
            # Two processes that claim at the same time both withdraw. The one that waits longer then finds that the
            # other has joined again.
            self.close()
            self._stopped.clear()
            self._stopped.wait(SystemRandom().uniform(0.1, 1.0))
        self._refuse_if_owned()
        raise KafkaUnavailable(
            f"{self._settings.name}: several engines start at once and none became the owner"
        )

    def _refuse_if_owned(self) -> None:
        if others := self.others():
            raise KafkaLogOwned(
                f"{self._settings.name} is owned by {others[0]}; stop that engine first, or read with `whence log`",
                str(others[0]),
            )

    def check(self, clients: Clients) -> None:
        """Checks before a renewed takeover that no other process claims the partition, with the timeout of `clients`.

        Raises KafkaOwnershipLost, whose message names the other process.
        """
        if not self._settings.take_over and (others := self._others(clients)):
            raise KafkaOwnershipLost(
                f"{self._settings.name} is now owned by {others[0]}: this process writes nothing more"
            )

    def others(self) -> list[Owner]:
        """The other members of the group that may be alive."""
        return self._others(self._clients)

    def _others(self, clients: Clients) -> list[Owner]:
        return [owner for owner in self._owners(clients) if owner != self._me and not owner.is_dead]

    def close(self) -> None:
        """Leaves the group."""
        self._stopped.set()
        if self._member is not None:
            self._member.join()
            self._member = None
        _given_up.add(self._me.token)

    def _join(self) -> None:
        """Joins the group and waits until the group lists this process.

        Does not wait until the group is stable, because dead members delay that.
        """
        _given_up.discard(self._me.token)
        self._member = threading.Thread(target=self._stay, name=f"own {self._settings.name}", daemon=True)
        self._member.start()
        deadline = monotonic() + self._clients.timeout
        while self._me not in self._owners(self._clients):
            if monotonic() > deadline or self._stopped.wait(0.02):
                raise KafkaUnavailable(f"the group {self._group} could not be joined")

    def _stay(self) -> None:
        member = self._clients.member(self._group, self._me.client_id, _SESSION_MS)
        # Only membership is needed: assigned partitions are not read.
        member.subscribe([self._settings.topic], on_assign=_take_nothing)
        while not self._stopped.is_set():
            member.poll(0.2)
        member.close()

    def _owners(self, clients: Clients) -> list[Owner]:
        names = clients.members(self._group)
        return [owner for name in names if (owner := Owner.of(name)) is not None]


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
