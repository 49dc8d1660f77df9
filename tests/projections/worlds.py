"""Two logs and their states as the domain folds them; tests compare read models with these states."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from commands.world import World
from domain.log import Envelope
from domain.streams import StreamName, parse
from projections.projection import Projection, Row
from tests.projections.folded import a_run, folded
from tests.projections.odd import an_odd_log
from tests.projections.stores import WrittenLog

LOGS: Mapping[str, Callable[[], WrittenLog]] = {"odd": an_odd_log, "run": lambda: WrittenLog(a_run(2_000))}


def table_of(projection: Projection, log: WrittenLog, name: str = "") -> Mapping[Any, Row]:
    """The rows of the projection's first table, or of the one called `name`, by key."""
    return folded(projection, log.envelopes).tables[name or projection.tables[0].name].dirty


def states(log: WrittenLog, noun: str) -> Iterator[tuple[StreamName, Any]]:
    """Each stream of the noun with its state at the end of the log."""
    world = World().fold_all(log.envelopes)
    for stream, state in world.states.items():
        if parse(stream).noun == noun:
            yield parse(stream), state


def recorded(log: WrittenLog, *kinds: type) -> Iterator[tuple[int, Envelope]]:
    """The events of these classes, with their ordinals."""
    for ordinal, envelope in enumerate(log.envelopes, 1):
        if isinstance(envelope.event, kinds):
            yield ordinal, envelope
