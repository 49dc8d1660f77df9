"""The commands of a pause after losses: to begin it, to end it when its time is over, and to end it by a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from domain.pause import ACCOUNT, EntriesPaused, EntriesResumed, PauseEvent, PauseState


class BeginPause(Struct, frozen=True, gc=False):
    """Pauses the entries of an owner; `pause` names the losses and the end."""

    pause: EntriesPaused

    @property
    def owner(self) -> str:
        """The strategy whose entries are paused; empty for the account."""
        return self.pause.owner


class EndLossPause(Struct, frozen=True, gc=False):
    """Ends the owner's pause if its time is over at `at` (UTC)."""

    owner: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ResumeEntries:
    """Ends a pause after losses before its time, by a person: that of the strategy, or of the account without one."""

    reason: str
    owner: str = ACCOUNT


PauseCommand = BeginPause | EndLossPause | ResumeEntries


def decide(command: PauseCommand, state: PauseState) -> Sequence[PauseEvent]:
    """The events that follow; none where the pause is in force already, is not over, or is none."""
    match command:
        case BeginPause():
            return [command.pause] if state is None else []
        case EndLossPause():
            return [] if state is None or not state.is_over(command.at) else [EntriesResumed(command.owner)]
        case ResumeEntries():
            return [] if state is None else [EntriesResumed(command.owner, command.reason)]
