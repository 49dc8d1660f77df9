"""A process that appends twice and kills itself with SIGKILL at a given step of the second append.

`python -m tests.adapters.kafka.dying_writer ENVIRONMENT STEP [DELAY]`: the environment as JSON, the delay in seconds.
"""

# pyright: reportPrivateUsage=false
# The faults are injected into private methods.

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from unittest.mock import patch

from eventsourcing.utils import Environment

from adapters.kafka.history import History
from adapters.kafka.transaction import Transaction
from tests.adapters.kafka.logs import Log, events


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _before_produce() -> None:
    patch.object(Transaction, "send", _die).start()


def _between_produce_and_commit() -> None:
    def commit(transaction: Transaction) -> None:
        # The broker then holds the records in a transaction that stays open.
        transaction._producer.flush(10)
        _die()

    patch.object(Transaction, "commit", commit).start()


def _during_commit() -> None:
    commit = Transaction.commit

    def dying(transaction: Transaction) -> None:
        threading.Timer(float(sys.argv[3]), _die).start()
        commit(transaction)

    patch.object(Transaction, "commit", dying).start()


def _before_index() -> None:
    patch.object(History, "record", _die).start()


_STEPS: dict[str, Callable[[], None]] = {
    "before produce": _before_produce,
    "between produce and commit": _between_produce_and_commit,
    "during commit": _during_commit,
    "after commit before index": _before_index,
}


def main() -> None:
    log = Log(Environment("", json.loads(sys.argv[1])))
    log.append(events("order-1", 1, 2))
    _STEPS[sys.argv[2]]()
    log.append([*events("order-1", 3, 4), *events("order-2", 1, 2)])
    # Reached only where the commit ends before the delay.
    threading.Event().wait()


if __name__ == "__main__":
    main()
