"""The commands of the settings: to change them, and to hold changes until a person reviews them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from msgspec import Struct

from domain.held import HeldChange, SettingsHeld
from domain.holding import remaining
from domain.settings import InForce, Settings, SettingsChanged, SettingsEvent, check


class ChangeSettings(Struct, frozen=True, gc=False):
    """Puts these settings in force; `reason` is the reason of the person who requests the change, else empty."""

    settings: Settings
    reason: str = ""


class HoldSettings(Struct, frozen=True, gc=False):
    """Holds these changes and no others; `reason` is that of the request."""

    changes: tuple[HeldChange, ...]
    reason: str


SettingsCommand = ChangeSettings | HoldSettings


def decide(command: SettingsCommand, state: InForce) -> Sequence[SettingsEvent]:
    """The events that follow; none if these settings are in force, or these changes held, already.

    Raises InvalidSettings for invalid settings.
    """
    match command:
        case ChangeSettings():
            return _changed(command, state)
        case HoldSettings():
            held = command.changes
            return [] if held == state.held else [SettingsHeld(held, command.reason)]
        case _:
            assert_never(command)


def _changed(command: ChangeSettings, state: InForce) -> Sequence[SettingsEvent]:
    check(command.settings)
    if state.version > 0 and state.settings == command.settings:
        return []
    changed = SettingsChanged(state.version + 1, command.settings, command.reason)
    left = remaining(command.settings, state.held)
    return [changed] if left == state.held else [changed, SettingsHeld(left, command.reason)]
