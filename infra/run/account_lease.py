"""The lease of the account that this process trades, as `whence accounts run` has passed it."""

from __future__ import annotations

import logging
import os
import signal

from adapters.kafka.leases import VALID_SECONDS
from adapters.lease import Lease

_log = logging.getLogger(__name__)


def followed_lease(descriptor: int) -> Lease:
    """The lease whose renewals are read from this descriptor. Its end stops this process as `kill` does."""
    lease = Lease(VALID_SECONDS, _end)
    lease.follow(descriptor)
    return lease


def _end() -> None:
    _log.warning("the lease of this account has ended: this engine stops")
    os.kill(os.getpid(), signal.SIGTERM)
