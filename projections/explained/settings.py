"""The settings in force and the currencies of an instrument, found among the recorded changes of both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from domain.committees.margins import UNNAMED, Currencies
from domain.instrument import InstrumentListed, InstrumentRulesChanged
from domain.log import Recorded
from domain.settings import SettingsChanged

CHANGES = (SettingsChanged, InstrumentListed, InstrumentRulesChanged)
Changes = Sequence[Recorded]
"""Every event of the types `CHANGES` of the accounts of a story up to its last event, in log order."""


class SettingsInForce(NamedTuple):
    """One version of an account's settings, with its event."""

    account: str
    recorded: Recorded
    event: SettingsChanged


def in_force(changes: Changes, account: str, version: int) -> SettingsInForce | None:
    """The account's settings of this version; None where no event has them."""
    return next((one for one in _of(changes, account) if one.event.version == version), None)


def in_force_at(changes: Changes, account: str, ordinal: int) -> SettingsInForce | None:
    """The account's settings at the event with this ordinal; None before the first."""
    return max(
        (one for one in _of(changes, account) if one.recorded.ordinal <= ordinal),
        key=lambda one: one.recorded.ordinal,
        default=None,
    )


def currencies_of(changes: Changes, instrument: str) -> Currencies:
    """The currencies of an instrument; without a name where no event has its rules."""
    for recorded in changes:
        event = recorded.envelope.event
        if isinstance(event, InstrumentListed | InstrumentRulesChanged) and event.instrument.id == instrument:
            return Currencies(event.instrument.base, event.instrument.quote)
    return UNNAMED


def _of(changes: Changes, account: str) -> Iterable[SettingsInForce]:
    for recorded in changes:
        event, meta = recorded.envelope.event, recorded.envelope.meta
        if isinstance(event, SettingsChanged) and meta.account == account:
            yield SettingsInForce(account, recorded, event)
