"""An engine in a separate process that serves the command topic: python -m … SERVERS TOPIC LOG [dies]

With `dies` the process is killed after a request has been carried out and before its answer is sent.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from adapters.command_topic.consumer import CommandConsumer
from adapters.command_topic.topic_names import CommandTopic
from commands.door import Answer, Door
from commands.request import Requested
from domain.settings import Settings
from infra.config import WhenceSettings
from infra.logs import open_owned
from infra.run.beginning import Beginning
from infra.run.manual import ManualRun
from infra.run.stake import Stake
from tests.domain.history import ACCOUNT, D


class Dying:
    """Passes requests on, and kills the process before the first answer."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def ask(self, requested: Requested, patience: float) -> Answer:
        self._door.ask(requested, patience)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("a killed process continued")


def main(servers: str, topic: str, address: str, *how: str) -> None:
    """Serves until the standard input is closed."""
    log = open_owned(WhenceSettings(log=address))
    run = ManualRun(log, Beginning(ACCOUNT, Stake("USDT", D(10_000), D(5)), Settings()), lambda _: None)
    door = Dying(run.door) if "dies" in how else run.door
    stopping = threading.Event()
    consumer = CommandConsumer(CommandTopic(servers, topic), door, ACCOUNT)
    threading.Thread(target=_wait_for_the_end, args=(stopping,), daemon=True).start()
    print("ready", flush=True)  # noqa: T201 - the parent process waits for this line
    while not stopping.is_set():
        run.attend(0.05)
    run.close()
    consumer.close()
    log.close()


def _wait_for_the_end(stopping: threading.Event) -> None:
    sys.stdin.read()
    stopping.set()


if __name__ == "__main__":
    main(*sys.argv[1:])
