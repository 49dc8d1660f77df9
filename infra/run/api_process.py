"""The process that serves the API of a trading engine: `python -m infra.run.api_process CHANNEL LISTENING RATES`.

`infra.run.apart` starts it with three inherited descriptors: the connection to the engine's process, the API's
listening socket, and the file of the counts of rates. It ends when the engine's process stops it, and at once where
that process has ended.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

from adapters.engine_socket import Configuration, SocketDoor
from adapters.http.shared_rate import SharedRates
from adapters.metrics.registry import new_registry
from adapters.metrics.snapshot import Family, snapshot_bytes
from commands.door import Door
from domain.errors import ServerFailed, WhenceError
from infra.config import WhenceSettings
from infra.logging import configure
from infra.run.api_plan import ApiPlan, Closed, Hosted, Shared
from infra.run.collecting import spare_the_collector
from infra.run.commanding import distant_door
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


def main(channel: str, listening: str, rates: str) -> int:
    """Serves until a stop; returns the exit code."""
    _give_way()
    _end_with_parent()
    spare_the_collector()
    for number in (channel, listening, rates):
        os.set_inheritable(int(number), False)  # noqa: FBT003
    first, second = (socket.socket(fileno=int(number)) for number in (channel, listening))
    return _serve(first, second, SharedRates(int(rates)))


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


def _serve(channel: socket.socket, listening: socket.socket, rates: SharedRates) -> int:
    watchers = Watchers()
    channel_door = SocketDoor(channel, watchers, _end_at_once)
    given = _Given.read(channel_door.configuration())
    configure(given.level, " ".join(filter(None, (given.program, PROGRAM, str(given.worker or "")))))
    shared = Shared(given.secret, rates, new_registry() if given.worker else None)
    try:
        with ExitStack() as held:
            door = _door(given, channel_door, held)
            hosted = Hosted(
                door,
                given.account,
                given.description,
                watchers,
                partial(_figures, channel_door, shared),
                shared,
            )
            api = held.enter_context(Api(given.settings, given.plan, hosted, listening))
            channel_door.up()
            while not channel_door.stopping.wait(_GLANCE_SECONDS):
                _count(channel_door, shared)
                api.check()
    except WhenceError as fault:
        _log.debug("the API has ended: %s", fault)
        channel_door.failed(fault)
        return 1
    except Exception as fault:  # noqa: BLE001  # the parent process raises or logs it
        _log.exception("the API has ended")
        channel_door.failed(ServerFailed(f"the API has ended: {fault}"))
        return 1
    return 0


_Given = Configuration[WhenceSettings, ApiPlan]


def _door(given: _Given, channel_door: SocketDoor, held: ExitStack) -> Door:
    """The way to the engine, wherever it is. Raises LogUnavailable, InvalidSettings, KeyRefused."""
    if given.closed is not None:
        return Closed(given.closed)
    return held.enter_context(distant_door(given.settings)) if given.is_distant else channel_door


def _count(channel_door: SocketDoor, shared: Shared) -> None:
    """Passes the metrics of this process's requests on, so that any of the processes can show them."""
    if shared.counted is not None:
        channel_door.counted(snapshot_bytes(shared.counted))


def _figures(channel_door: SocketDoor, shared: Shared) -> Sequence[Family]:
    """The metrics of the engine and of all processes of the API, this one's as they are now."""
    _count(channel_door, shared)
    return channel_door.figures()


def _end_at_once() -> None:
    """Ends this process: the engine's has ended, and a new one may need the address, the store and the log now.

    The store holds whole transactions, so nothing has to be finished.
    """
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
