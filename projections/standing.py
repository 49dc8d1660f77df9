"""The status of each build: its ordinal and its parked events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from projections.bookkeeping import BUILDS, CURSORS, PARKED, BuildStatus, ParkedState
from projections.builds import Build, builds


@dataclass(frozen=True, slots=True)
class Standing:
    """A build's status on one log: its ordinal, the number of its parked events, and the number of their sequences."""

    build: Build
    partition: int
    ordinal: int
    parked_events: int
    parked_sequences: int


def standings(connection: Connection, partition: int) -> Sequence[Standing]:
    """The status of every recorded build on the log of this partition, the oldest build first."""
    reached = select(CURSORS.c.build_id, CURSORS.c.ordinal).where(CURSORS.c.partition == partition)
    at = {row.build_id: row.ordinal for row in connection.execute(reached)}
    waiting = {row.build_id: row for row in connection.execute(_waiting(partition))}
    return [
        _standing(build, partition, at.get(build.id, 0), waiting.get(build.id))
        for build in builds(connection)
    ]


def left_out(connection: Connection, partition: int, ordinals: Sequence[int]) -> bool:
    """Whether a live build of this partition has parked or discarded one of these events."""
    here = (PARKED.c.partition == partition) & PARKED.c.ordinal.in_(ordinals)
    live = select(BUILDS.c.id).where(BUILDS.c.status == BuildStatus.LIVE.value)
    found = select(PARKED.c.ordinal).where(here, PARKED.c.build_id.in_(live)).limit(1)
    return connection.execute(found).first() is not None


def _waiting(partition: int) -> Select[Any, int, int]:
    here = (PARKED.c.partition == partition) & (PARKED.c.state == ParkedState.PARKED.value)
    counted = (
        func.count().label("events"),
        func.count(PARKED.c.sequence.distinct()).label("sequences"),
    )
    return select(PARKED.c.build_id, *counted).where(here).group_by(PARKED.c.build_id)


def _standing(build: Build, partition: int, ordinal: int, waiting: Row[Any, int, int] | None) -> Standing:
    events, sequences = (0, 0) if waiting is None else (waiting.events, waiting.sequences)
    return Standing(build, partition, ordinal, events, sequences)
