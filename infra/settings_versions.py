"""The versions of the settings in a log, one after the other, and what differs between two of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from domain.adjusting import FIXED
from domain.directions import Difference, differences_of
from domain.errors import InvalidInput
from domain.held import id_of
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
        """Whether a person has to apply any of it."""
        return any(one.waits for one in self.differences)

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


def edit_of(before: Settings, after: Settings) -> Edit:
    """What differs between these settings."""
    fixed = tuple(name for name in FIXED if getattr(before, name) != getattr(after, name))
    return Edit(differences_of(before, after), fixed)


def versions_of(settings: WhenceSettings) -> Sequence[SettingsVersion]:
    """Every version of the account's settings, in order of the log; the first has no edit. Raises the log's errors."""
    found: list[SettingsVersion] = []
    with closing(open_reader(settings)) as log:
        for recorded in log.read():
            event, meta = recorded.envelope.event, recorded.envelope.meta
            if isinstance(event, SettingsChanged) and meta.account == settings.account:
                before = found[-1].settings if found else event.settings
                edit = edit_of(before, event.settings)
                at, actor = meta.occurred_at, meta.actor
                found.append(
                    SettingsVersion(
                        event.version, recorded.ordinal, at, actor, event.reason, event.settings, edit
                    )
                )
    return found


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
