"""Faults of the program, as notices: those of the read models, and positions without a stop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import blake2b

from adapters.alerts.notice import NO_ACCOUNT, Notice
from commands.watchdog import Watchdog, Watched
from infra.run.bare_positions import unprotected_line
from projections.condition import Fault, FaultKind
from projections.severity import Severity

_ALERTS = frozenset({FaultKind.PARKED, FaultKind.LATE, FaultKind.ENDED})
"""A build that a start makes, and a store that does not answer for a moment, are no alerts."""


def read_model_notices(faults: Iterable[Fault], now: datetime) -> Iterator[Notice]:
    """A notice for each fault; an acknowledged one is raised again in the next hour while its fault lasts."""
    for fault in faults:
        if fault.kind in _ALERTS:
            yield Notice(
                id=f"{fault.alert}:{fault.name}:{now:%Y-%m-%dT%H}",
                account=NO_ACCOUNT,
                severity=Severity.CRITICAL,
                kind=fault.alert,
                subject=fault.name,
                line=str(fault),
                stream="",
                chain="",
                at=now,
                ordinal=None,
            )


UNPROTECTED = "POSITION_UNPROTECTED"
"""The kind of the notice of a position without a stop. It is withdrawn when a stop covers the position."""


def unprotected_notices(account: str, watchdog: Watchdog, now: datetime) -> Iterator[Notice]:
    """A notice for each position that no stop at the exchange has covered for too long."""
    for one in watchdog.unprotected(now):
        yield Notice(
            id=_id(one),
            account=account,
            severity=Severity.CRITICAL,
            kind=UNPROTECTED,
            subject=one.stream,
            line=unprotected_line(one, now),
            stream=one.stream,
            chain="",
            at=now,
            ordinal=None,
        )


def _id(one: Watched) -> str:
    """The same while the position stays without a stop, and another when it loses its stop again, or where a
    discrepancy changes what a person can do about it.
    """
    named = " ".join(filter(None, (one.stream, str(one.bare_since), one.gone_by)))
    digest = blake2b(named.encode(), digest_size=16)
    return f"{UNPROTECTED}:{digest.hexdigest()}"
