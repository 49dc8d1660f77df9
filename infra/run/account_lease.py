"""The lease of the account that this process trades, as `whence accounts run` has passed it."""

from __future__ import annotations

import logging
import os
import signal
from typing import Final

from adapters.kafka.leases import VALID_SECONDS
from adapters.lease import Lease

_log = logging.getLogger(__name__)
END_SECONDS: Final = 60.0
"""For how long an engine may settle after its lease has ended."""


def followed_lease(descriptor: int, end_seconds: float = END_SECONDS) -> Lease:
    """The lease whose renewals are read from this descriptor. Its end stops this process as `kill` does.

    Where the process has not ended `end_seconds` later, the system ends it by SIGALRM. That needs no thread of this
    process, so it ends one that hangs, too; its node may be dead, and nobody else would end it.
    """

    def end() -> None:
        _log.warning(
            "the lease of this account has ended: this engine stops, and is ended by SIGALRM in %g s otherwise",
            end_seconds,
        )
        signal.setitimer(signal.ITIMER_REAL, end_seconds)
        os.kill(os.getpid(), signal.SIGTERM)

    lease = Lease(VALID_SECONDS, end)
    lease.follow(descriptor)
    return lease
