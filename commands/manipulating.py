"""What follows from the suspicions of manipulation that readings of order books have."""

from __future__ import annotations

from commands.identity import ENGINE, Identity
from commands.inputs import MarketMoved
from commands.manipulation import RecordManipulation
from commands.stimulus import Ask, Stimulus
from domain.log import chain_id
from domain.manipulation import ManipulationSuspected
from domain.market import BookReading, cause_of


def are_suspected(given: MarketMoved) -> bool:
    """Whether a reading of the instant has a suspicion."""
    return any(type(event) is BookReading and event.suspicions for event in given.events)


def suspicions(given: MarketMoved, identity: Identity) -> Stimulus | None:
    """The commands that record the suspicions of the instant's readings; None without one. Each begins a chain."""
    asks = tuple(
        _ask(one, event, identity)
        for event in given.events
        if type(event) is BookReading
        for one in event.suspicions
    )
    return Stimulus(given.at, asks) if asks else None


def _ask(one: ManipulationSuspected, reading: BookReading, identity: Identity) -> Ask:
    cause = cause_of(reading)
    return Ask(
        command=RecordManipulation(one),
        cause=cause,
        occurred_at=one.last_at,
        actor=ENGINE,
        chain=chain_id(identity.log_id, identity.account, f"{cause}/{one.episode}"),
    )
