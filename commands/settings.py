"""What may be asked of the settings: to be other ones."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from domain.settings import InForce, Settings, SettingsChanged, SettingsEvent, check


class ChangeSettings(Struct, frozen=True, gc=False):
    """These are in force from here on; `reason` is a person's, where one asks."""

    settings: Settings
    reason: str = ""


SettingsCommand = ChangeSettings


def decide(command: SettingsCommand, state: InForce) -> Sequence[SettingsEvent]:
    """The events that follow; none where these are in force already. Raises InvalidSettings."""
    check(command.settings)
    if state.version > 0 and state.settings == command.settings:
        return []
    return [SettingsChanged(state.version + 1, command.settings, command.reason)]
