"""The command of the settings: to change them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from domain.settings import InForce, Settings, SettingsChanged, SettingsEvent, check


class ChangeSettings(Struct, frozen=True, gc=False):
    """Puts these settings in force; `reason` is the reason of the person who requests the change, else empty."""

    settings: Settings
    reason: str = ""


SettingsCommand = ChangeSettings


def decide(command: SettingsCommand, state: InForce) -> Sequence[SettingsEvent]:
    """The events that follow; none if these settings are already in force. Raises InvalidSettings for invalid ones."""
    check(command.settings)
    if state.version > 0 and state.settings == command.settings:
        return []
    return [SettingsChanged(state.version + 1, command.settings, command.reason)]
