"""The command of a suspicion of manipulation: to record it, once an episode."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from domain.manipulation import ManipulationSuspected, Suspected, is_of_a_recorded_episode


class RecordManipulation(Struct, frozen=True, gc=False):
    """Records what the analysis of a book suspects."""

    suspected: ManipulationSuspected


def decide(command: RecordManipulation, state: Suspected) -> Sequence[ManipulationSuspected]:
    """The suspicion; none where one of its kind and side was recorded within the cooldown."""
    return [] if is_of_a_recorded_episode(state, command.suspected) else [command.suspected]
