"""Whether a log on candles ends with a complete instant.

One instant may lead to several units. A run that was killed between two of them goes on with the second when it plays
the candles again. An event of a request that was appended meanwhile would stand where the second unit is recalled, and
the run would take the rest of the instant as one without consequences.
"""

from __future__ import annotations

from uuid import UUID

from adapters.played import PlayedStore
from domain.command_fact import is_command
from domain.errors import Refused
from domain.log import LogReader, Recorded, is_outside_fact
from infra.run.log_clock import is_of_an_engine


def check_ends_with_instant(log: LogReader, log_id: UUID, store: PlayedStore | None) -> None:
    """Raises Refused unless it is known that everything that the last instant led to is in the log.

    That is known where the log ends with a request, which a run carries out after an instant, and where the run has
    marked the last event as that of a complete instant.
    """
    last = _last_of_an_engine(log)
    if last is None or is_command(_fact(log, last)):
        return
    if store is None or store.complete_at(log_id) != last.ordinal:
        raise Refused(
            f"the log ends at ordinal {last.ordinal}, and it is not known whether its run was stopped within an "
            "instant: start `whence paper` on this log and its candles once more, let it end, and repeat the request"
        )


def _last_of_an_engine(log: LogReader) -> Recorded | None:
    """An adoption is of no engine, and belongs to no instant."""
    for ordinal in range(log.head(), 0, -1):
        found = _at(log, ordinal)
        if is_of_an_engine(found.envelope.meta.source):
            return found
    return None


def _fact(log: LogReader, last: Recorded) -> str:
    """The outside fact that led to the unit of this event."""
    found = last
    while not is_outside_fact(cause := found.envelope.meta.causation_id) and found.ordinal > 1:
        found = _at(log, found.ordinal - 1)
    return cause


def _at(log: LogReader, ordinal: int) -> Recorded:
    return next(log.read(after=ordinal - 1, upto=ordinal))
