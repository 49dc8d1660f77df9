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

MOST_BYTES: Final = 1 << 17
_PROGRAM: Final = "whence"
_NEEDED: Final = (
    "infra.cli",
    "infra.cli.live",
    "infra.cli.trading_live",
    "adapters.bybit.account",
    "pybit.unified_trading",
    "adapters.log.kafka",
    "adapters.processes.topic",
    "adapters.command_topic",
    "adapters.dead_letters.topic",
)
"""What `whence live` imports on Kafka and Bybit, with all that these import."""


def main(channel: int) -> int:
    """Waits for an account and runs its engine; returns the exit code where none came."""
    os.set_inheritable(channel, False)  # noqa: FBT003
    for name in _NEEDED:
        import_module(name)
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


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
