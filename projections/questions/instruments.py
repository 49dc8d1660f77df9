"""The rules in force of each account's instruments, read from the events that recorded them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from domain.instrument import InstrumentListed, InstrumentRulesChanged
from domain.log import Envelope
from projections.search import matching
from projections.source import Source

_TYPES: Final = (InstrumentListed.__name__, InstrumentRulesChanged.__name__)


@dataclass(frozen=True, slots=True)
class InForce:
    """The newest rules that an account has recorded of an instrument, with the event's place in the log and its
    time (UTC)."""

    account: str
    ordinal: int
    at: datetime
    event: InstrumentListed | InstrumentRulesChanged


def instruments(
    source: Source, account: str | None, instrument: str | None, decode: Callable[[bytes], Envelope]
) -> Sequence[InForce]:
    """The rules in force by account and instrument; only of the given account and instrument where they are named.

    `decode` decodes a record of the log. Raises what it raises, and InvalidInput for an instrument without a letter or
    a digit.
    """
    rows = source.table("journal")
    events = select(rows.c.account, rows.c.ordinal, rows.c.data).where(rows.c.type.in_(_TYPES))
    if account is not None:
        events = events.where(rows.c.account == account)
    if instrument is not None:
        events = events.where(matching(rows, instrument))
    found: dict[tuple[str, str], InForce] = {}
    for owner, ordinal, data in source.connection.execute(events.order_by(rows.c.ordinal)):
        envelope = decode(bytes(data))
        event = envelope.event
        assert isinstance(event, InstrumentListed | InstrumentRulesChanged)
        if instrument in (None, event.instrument.id):
            found[owner, event.instrument.id] = InForce(owner, ordinal, envelope.meta.occurred_at, event)
    return [found[key] for key in sorted(found)]
