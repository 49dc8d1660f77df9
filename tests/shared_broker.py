"""One Kafka broker for all workers of a test run. An idle broker takes 4 % of a processor, and its start some 6 s.

The first worker that needs the broker starts it, and ends it when no other worker uses it any more. A worker holds a
shared lock on a file while it uses the broker; the system releases the lock of a worker that was killed.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from infra.servers.kafka import KafkaBroker
from infra.servers.temporary import temporary_folder

_until_the_end = ExitStack()


def shared_broker(folder: Path) -> KafkaBroker:
    """The running broker of the workers whose session has this folder; it is released by `release`."""
    return _until_the_end.enter_context(_shared(folder / "broker"))


def release() -> None:
    """Gives the broker back. The worker that has started it waits until no other one uses it."""
    _until_the_end.close()


def folder_of_all_workers(own: Path) -> Path:
    """The folder that a worker shares with the others: `own` is its base folder, within the one of the run."""
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@contextmanager
def _shared(place: Path) -> Generator[KafkaBroker]:
    with place.open("a+") as users:
        broker = _found(users)
        if broker is not None:
            yield broker
            return
        with KafkaBroker(temporary_folder("kafka"), brief=True) as broker:
            users.truncate(0)  # of a worker that was killed
            users.write(str(broker.folder))
            users.flush()
            fcntl.flock(users, fcntl.LOCK_SH)
            yield broker
            fcntl.flock(users, fcntl.LOCK_EX)
            users.truncate(0)  # a worker that comes later starts its own


def _found(users: TextIO) -> KafkaBroker | None:
    """The broker of another worker, with the shared lock; None, with the exclusive lock, where there is none."""
    while True:
        is_alone = _locked_alone(users)
        if not is_alone:
            fcntl.flock(users, fcntl.LOCK_SH)  # waits while the broker starts or ends
        broker = _running(users)
        if broker is not None:
            fcntl.flock(users, fcntl.LOCK_SH)
        if broker is not None or is_alone:
            return broker
        fcntl.flock(users, fcntl.LOCK_UN)


def _locked_alone(users: TextIO) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _running(users: TextIO) -> KafkaBroker | None:
    users.seek(0)
    folder = users.read()
    if not folder:
        return None
    broker = KafkaBroker(Path(folder), brief=True)
    return broker if broker.running else None
