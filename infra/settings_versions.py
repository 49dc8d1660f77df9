"""The history of the settings in a log: its versions, what differs between two of them, and what was held when."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from domain.adjusting import FIXED
from domain.directions import Difference, differences_of
from domain.errors import InvalidInput
from domain.held import HeldChange, SettingsHeld, id_of
from domain.log import Recorded
from domain.settings import Settings, SettingsChanged
from infra.config import WhenceSettings
from infra.logs import open_reader


@dataclass(frozen=True, slots=True)
class Edit:
    """What differs between two settings: `differences` can be changed while an engine runs, `fixed` cannot.

    `fixed` are names of settings that only a start changes.
    """

    differences: Sequence[Difference]
    fixed: Sequence[str]

    @property
    def waits(self) -> bool:
        """Whether a person has to confirm any of it: it loosens a limit, or can close open positions at once."""
        return any(one.waits or one.may_close for one in self.differences)

    @property
    def id(self) -> str:
        """Eight hexadecimal digits of a digest of the differences: who states them has seen these and no others."""
        return id_of(self.differences)


@dataclass(frozen=True, slots=True)
class SettingsVersion:
    """The settings of one version, from the event with `ordinal` on; `edit` is against the version before.

    Times are UTC.
    """

    version: int
    ordinal: int
    at: datetime
    actor: str
    reason: str
    settings: Settings
    edit: Edit


@dataclass(frozen=True, slots=True)
class Holding:
    """All changes that are held from the event with `ordinal` on, while `version` is in force. Times are UTC."""

    version: int
    ordinal: int
    at: datetime
    actor: str
    reason: str
    changes: Sequence[HeldChange]


@dataclass(frozen=True, slots=True)
class SettingsHistory:
    """The versions of the settings, of which the first has no edit, and what was held, each in order of the log."""

    versions: Sequence[SettingsVersion]
    holdings: Sequence[Holding]

    @property
    def held(self) -> Sequence[HeldChange]:
        """The changes that are held at the log's end."""
        return self.holdings[-1].changes if self.holdings else ()

    @property
    def entries(self) -> Sequence[SettingsVersion | Holding]:
        """Versions and holdings in order of the log."""
        return sorted((*self.versions, *self.holdings), key=lambda one: one.ordinal)


def edit_of(before: Settings, after: Settings) -> Edit:
    """What differs between these settings."""
    fixed = tuple(name for name in FIXED if getattr(before, name) != getattr(after, name))
    return Edit(differences_of(before, after), fixed)


def history_of(settings: WhenceSettings) -> SettingsHistory:
    """Every version of the account's settings and every change of what is held. Raises the log's errors."""
    versions: list[SettingsVersion] = []
    holdings: list[Holding] = []
    with closing(open_reader(settings)) as log:
        for recorded in log.read():
            if recorded.envelope.meta.account != settings.account:
                continue
            match recorded.envelope.event:
                case SettingsChanged() as event:
                    before = versions[-1].settings if versions else event.settings
                    versions.append(_version(recorded, event, before))
                case SettingsHeld() as event:
                    holdings.append(_holding(recorded, event, versions[-1].version if versions else 0))
                case _:
                    pass
    return SettingsHistory(versions, holdings)


def _version(recorded: Recorded, event: SettingsChanged, before: Settings) -> SettingsVersion:
    meta, edit = recorded.envelope.meta, edit_of(before, event.settings)
    return SettingsVersion(
        event.version, recorded.ordinal, meta.occurred_at, meta.actor, event.reason, event.settings, edit
    )


def _holding(recorded: Recorded, event: SettingsHeld, version: int) -> Holding:
    meta = recorded.envelope.meta
    return Holding(version, recorded.ordinal, meta.occurred_at, meta.actor, event.reason, event.changes)


def last_of(versions: Sequence[SettingsVersion]) -> SettingsVersion:
    """The version in force. Raises InvalidInput for a log without settings."""
    if not versions:
        raise InvalidInput("the log has no settings of this account")
    return versions[-1]


def version_in(versions: Sequence[SettingsVersion], wanted: int) -> SettingsVersion:
    """The version with this number. Raises InvalidInput where the log has none."""
    for one in versions:
        if one.version == wanted:
            return one
    raise InvalidInput(
        f"the log has no version {wanted} of the settings; `whence settings history` lists its versions"
    )
