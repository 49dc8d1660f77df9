"""The rules of an instrument in which an entry may be made, here or at another engine."""

from __future__ import annotations

from msgspec.structs import replace

from domain.instrument import Instrument
from domain.portfolio import Portfolio


def rules_of(name: str, portfolio: Portfolio) -> Instrument | None:
    """The rules of the instrument; None where the log has none of it.

    Where another engine trades it, they are those of its twin here, with the taker fee there, and with the lot and the
    tick there where the settings state them (`VenueSettings.elsewhere`). They are not those of the proposed instrument,
    which may be another one of the group.
    """
    venues = portfolio.settings.settings.venues
    if not venues.is_elsewhere(name):
        return portfolio.instruments.get(name)
    twin = portfolio.instruments.get(venues.twin_of(name))
    if twin is None:
        return None
    steps = venues.steps_of(name)
    rules = replace(twin, id=name, taker_fee=venues.fees_elsewhere[name])
    return rules if steps is None else replace(rules, lot=steps.lot, tick=steps.tick)
