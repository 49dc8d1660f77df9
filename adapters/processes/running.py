"""Whether a process runs and is healthy, judged by its last announcement and a clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from adapters.processes.announcement import Announcement, ProcessRole
from adapters.processes.place import Announced

_MISSED = 3
"""A process is silent after so many announcements are missing."""
REMEMBERED = timedelta(days=7)
"""An ended or silent process is forgotten after this time."""
_SHOWN_KEY = 32
_ROLES = list(ProcessRole)


class ProcessState(StrEnum):
    """What is known of a process. Only HEALTHY means that it runs as it should."""

    HEALTHY = "HEALTHY"
    FAULTY = "FAULTY"
    SILENT = "SILENT"
    ENDED = "ENDED"
    UNVERIFIED = "UNVERIFIED"


@dataclass(frozen=True, slots=True)
class Running:
    """A process and its state.

    `announcement` is None where what was found under `key` is UNVERIFIED: nothing that it states is believed.
    `since` is when the state was last proven: the time of the last announcement. `reason` is empty where HEALTHY.
    """

    key: str
    state: ProcessState
    reason: str
    announcement: Announcement | None

    @property
    def since(self) -> datetime | None:
        """The time of the last announcement; None where it is not believed."""
        return None if self.announcement is None else self.announcement.at


def judged(found: Announced, now: datetime) -> Running:
    """The state of a process at `now` (UTC), the time of this machine's clock.

    An announcement that claims a later time than `now`, by more than the silence that is allowed, is FAULTY: one of
    the two clocks is wrong, and whether the process still runs cannot be known.
    """
    one = found.announcement
    if one is None:
        return Running(_shown(found.key), ProcessState.UNVERIFIED, found.refused, None)
    state, reason = _state(one, now)
    return Running(found.key, state, reason, one)


def processes(found: Iterable[Announced], now: datetime) -> Sequence[Running]:
    """The processes by role, name and start, without those that have ended or are silent for longer than `REMEMBERED`.

    A silent process is left out where a later one of its role, name and host has started since: it was replaced.
    """
    known = [judged(one, now) for one in found]
    return sorted((one for one in known if not _is_past(one, known, now)), key=_order)


def outlived(found: Iterable[Announced], now: datetime) -> Sequence[str]:
    """The keys of believed announcements that are older than `REMEMBERED`."""
    return [
        one.key for one in found if one.announcement is not None and now - one.announcement.at > REMEMBERED
    ]


def _state(one: Announcement, now: datetime) -> tuple[ProcessState, str]:
    allowed, age = timedelta(seconds=_MISSED * one.every), now - one.at
    if one.has_ended:
        return ProcessState.ENDED, one.fault or "it was stopped"
    if age < -allowed:
        return ProcessState.FAULTY, (
            f"its announcement is {-age.total_seconds():.0f} s in the future: the clock of {one.host} or of this "
            "machine is wrong"
        )
    if age > allowed:
        return ProcessState.SILENT, f"it has announced nothing since {one.at:%Y-%m-%d %H:%M:%S} UTC"
    return (ProcessState.FAULTY, one.fault) if one.fault else (ProcessState.HEALTHY, "")


def _is_past(one: Running, known: Sequence[Running], now: datetime) -> bool:
    own = one.announcement
    if own is None or one.state not in (ProcessState.SILENT, ProcessState.ENDED):
        return False
    return now - own.at > REMEMBERED or any(_replaces(other.announcement, own) for other in known)


def _replaces(other: Announcement | None, own: Announcement) -> bool:
    return (
        other is not None
        and other.id != own.id
        and (other.role, other.name, other.host) == (own.role, own.name, own.host)
        and other.started_at >= own.at
    )


def _order(one: Running) -> tuple[int, str, str, str]:
    own = one.announcement
    if own is None:
        return len(_ROLES), "", "", one.key
    return _ROLES.index(own.role), own.name, own.started_at.isoformat(), own.id


def _shown(key: str) -> str:
    """A key that a stranger may have written, as it can be printed."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in key[:_SHOWN_KEY])
