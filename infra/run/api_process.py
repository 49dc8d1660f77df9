"""The process that serves the API of a trading engine: `python -m infra.run.api_process CHANNEL LISTENING`.

`infra.run.apart` starts it with two inherited sockets, given as descriptors: the connection to the engine's process,
and the API's listening socket. It ends when the engine's process stops it, and at once where that process has ended.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

from adapters.engine_socket import Configuration, SocketDoor
from domain.errors import ServerFailed, WhenceError
from infra.config import WhenceSettings
from infra.logging import configure
from infra.run.api_plan import ApiPlan, Hosted
from infra.run.collecting import spare_the_collector
from infra.run.serve import Api
from infra.run.watchers import Watchers
from infra.servers.leash import die_with_this_program

PROGRAM = "api"
"""The name of this process in its log lines."""
_GLANCE_SECONDS = 0.5
_NICENESS = 5
_FIRST_TO_GO = "500"
"""Added to the kernel's score when memory is short: this process ends before the engine's."""

_log = logging.getLogger(__name__)


def main(channel: str, listening: str) -> int:
    """Serves until a stop; returns the exit code."""
    _give_way()
    _end_with_parent()
    spare_the_collector()
    sockets = [socket.socket(fileno=int(number)) for number in (channel, listening)]
    for one in sockets:
        one.set_inheritable(False)
    return _serve(*sockets)


def _give_way() -> None:
    """The engine goes first. It also decides when this process stops: a signal to both is for the engine."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _ignored)
    with suppress(OSError):
        os.nice(_NICENESS)
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, encoding="ascii")


def _ignored(_number: int, _frame: object) -> None:
    """Not SIG_IGN: programs that this process starts would inherit it."""


def _end_with_parent() -> None:
    """Ends this process with its parent, also while a long computation keeps its threads from reading the socket."""
    if (die := die_with_this_program()) is not None:
        die()


def _serve(channel: socket.socket, listening: socket.socket) -> int:
    watchers = Watchers()
    door = SocketDoor(channel, watchers, _end_at_once)
    given = Configuration[WhenceSettings, ApiPlan].read(door.configuration())
    configure(given.level, PROGRAM)
    hosted = Hosted(door, given.account, given.description, watchers, door.figures)
    try:
        with Api(given.settings, given.plan, hosted, listening) as api:
            door.up()
            while not door.stopping.wait(_GLANCE_SECONDS):
                api.check()
    except WhenceError as fault:
        _log.debug("the API has ended: %s", fault)
        door.failed(fault)
        return 1
    except Exception as fault:  # noqa: BLE001  # the parent process raises or logs it
        _log.exception("the API has ended")
        door.failed(ServerFailed(f"the API has ended: {fault}"))
        return 1
    return 0


def _end_at_once() -> None:
    """Ends this process: the engine's has ended, and a new one may need the address, the store and the log now.

    The store holds whole transactions, so nothing has to be finished.
    """
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
