"""A process that has imported the program, and becomes the engine of the account that it is given.

    python -P -m infra.run.spare_engine CHANNEL

`infra.run.engine_starts` starts it. Over the inherited socket it receives the words of `whence live` as JSON, with the
descriptor of the account's lease. It ends where the socket is closed before.
"""

from __future__ import annotations

import os
import socket
import sys
from importlib import import_module
from typing import Final

import msgspec

from adapters.avro import AvroCodec
from adapters.avro.schema import schemas_by_fingerprint
from adapters.inputs.codec import Writer
from domain.strategy_places import STRATEGY_PLACES

MOST_BYTES: Final = 1 << 17
_PROGRAM: Final = "whence"
_NEEDED: Final = (
    "infra.cli",
    "infra.cli.live_start",
    "infra.cli.trading_live",
    "infra.log_lines",
    "infra.migrations.tables",
    "infra.run.account_lease",
    "infra.store",
    "adapters.bybit.account",
    "adapters.candle_store.book",
    "adapters.command_topic.consumer",
    "adapters.command_topic.thread",
    "adapters.dead_letters.topic",
    "adapters.inputs.chain",
    "adapters.inputs.kafka",
    "adapters.kafka.group",
    "adapters.log.kafka",
    "adapters.processes.topic",
    "alembic.command",
    "projections.catalogue",
    "pybit.unified_trading",
)
"""What `whence live` imports on Kafka and Bybit, with all that these import; the strategies are beside it."""


def main(channel: int) -> int:
    """Waits for an account and runs its engine; returns the exit code where none came."""
    os.set_inheritable(channel, False)  # noqa: FBT003
    _prepare()
    with socket.socket(fileno=channel) as node:
        message, descriptors, _flags, _address = socket.recv_fds(node, MOST_BYTES, 1)
    if not message:
        return 0
    (lease,) = descriptors
    os.set_inheritable(lease, False)  # noqa: FBT003
    sys.argv = [_PROGRAM, *msgspec.json.decode(message, type=list[str]), "--lease", str(lease)]
    from infra.cli import main as run

    run()
    return 0


def _prepare() -> None:
    """Imports the program, and makes what it makes once in a process: the writers of events and of inputs."""
    for name in (*_NEEDED, *(place.partition(":")[0] for place in STRATEGY_PLACES.values())):
        import_module(name)
    schemas_by_fingerprint()
    AvroCodec()
    Writer()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
