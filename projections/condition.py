"""The condition of the read models: the faults because of which queries may not show the whole log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from projections.bookkeeping import BuildKind, BuildStatus
from projections.projection import Projection
from projections.standing import Standing


class FaultKind(StrEnum):
    """BUILDING: it does not yet include the events that the log had when this process began. PARKED: it leaves out
    events, because one of them could not be projected. LATE: it has been behind the log for too long. ENDED: no process
    keeps it up to date any more. UNKNOWN: the store or the log does not answer."""

    BUILDING = "BUILDING"
    PARKED = "PARKED"
    LATE = "LATE"
    ENDED = "ENDED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of the read model `name`; the name is empty where all read models are concerned. `detail` is for people,
    and public: it has no address and no message of a database."""

    name: str
    kind: FaultKind
    detail: str

    @property
    def alert(self) -> str:
        """The kind of the alert about it, as in `READ_MODEL_PARKED`."""
        return f"READ_MODEL_{self.kind}"

    def __str__(self) -> str:
        return f"{self.name} {self.detail}".strip()


def faults_of(
    standings: Sequence[Standing],
    projections: Mapping[str, Projection],
    began_at: int,
    late: Mapping[int, float],
    patience: float,
) -> Sequence[Fault]:
    """The faults of the builds that serve queries. `began_at` is the log's head when this process began; `late` has, by
    ordinal, the seconds since a later event was first seen; more than `patience` of them are a fault.
    """
    serving = [one for one in standings if one.build.status is BuildStatus.LIVE and _is_of(one, projections)]
    today = {one.build.projection: one for one in serving if one.build.kind is BuildKind.TODAY}
    return [
        *(
            fault
            for name in projections
            for fault in _of_today(name, today.get(name), began_at, late, patience)
        ),
        *(_parked(one) for one in serving if one.parked_events),
    ]


def _is_of(one: Standing, projections: Mapping[str, Projection]) -> bool:
    projection = projections.get(one.build.projection)
    return projection is not None and projection.fingerprint == one.build.fingerprint


def _of_today(
    name: str, one: Standing | None, began_at: int, late: Mapping[int, float], patience: float
) -> Iterator[Fault]:
    if one is None:
        yield Fault(name, FaultKind.BUILDING, "is built again for this version of the program")
    elif one.ordinal < began_at:
        yield Fault(name, FaultKind.BUILDING, f"is being built: {one.ordinal:,} of {began_at:,} events")
    elif late.get(one.ordinal, 0.0) > patience:
        yield Fault(name, FaultKind.LATE, f"has been behind the log for {late[one.ordinal]:.0f} s")


def _parked(one: Standing) -> Fault:
    past = " (as of past moments)" if one.build.kind is BuildKind.HISTORY else ""
    detail = f"leaves out {one.parked_events:,} events{past}: see `whence projections parked`"
    return Fault(one.build.projection, FaultKind.PARKED, detail)
