"""Which arm an entry is in, and what decides it there.

The arm is a function of the fact that raised the entry's signal and of the share alone: SHA-256 gives each fact a place
in [0, 1), and arm B is below the share. A larger share keeps the entries of arm B in it. The id of the log is no part
of the fact, so a what-if and a shadow split the same entries as the log that they are compared with.
"""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256

from msgspec import Struct

from domain.arms.settings import ArmSettings
from domain.model import ModelInForce, ModelsInForce

_BYTES = 8


class Arm(StrEnum):
    """A: the champion and the current policy decide. B: the challenger, or another policy. NONE: no arm."""

    NONE = "NONE"
    A = "A"
    B = "B"


class Side(Struct, frozen=True, gc=False):
    """An arm, the model whose score decides there (None: no model), and the policy (0: that of the run)."""

    arm: Arm
    model: ModelInForce | None
    policy: int = 0


def arm_of(fact: str, share: float) -> Arm:
    """The arm of the entry that this fact raised, B for `share` (0..1) of all facts."""
    place = int.from_bytes(sha256(fact.encode()).digest()[:_BYTES]) / 2 ** (8 * _BYTES)
    return Arm.B if place < share else Arm.A


def side_of(fact: str, settings: ArmSettings, models: ModelsInForce) -> Side:
    """What decides the entry that this fact raised. Without a difference between the arms there is none."""
    other = named_challenger(settings, models)
    if not settings.share or (other is None and (settings.challenger or not settings.policy)):
        return Side(Arm.NONE, models.champion)
    arm = arm_of(fact, settings.share)
    if arm is Arm.A:
        return Side(arm, models.champion)
    return Side(arm, other or models.champion, settings.policy)


def named_challenger(settings: ArmSettings, models: ModelsInForce) -> ModelInForce | None:
    """The challenger that the settings name; None where they name none, where it is none, and where several fit.

    A challenger that its gate has not let pass decides nothing, as it could not become the champion.
    """
    if not settings.challenger:
        return None
    found = [one for one in models.challengers if one.sha256.startswith(settings.challenger)]
    return found[0] if len(found) == 1 and found[0].passed_gate else None
