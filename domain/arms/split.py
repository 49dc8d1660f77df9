"""Which arm a chain is in, and what decides its entry there.

The arm is a function of the chain's id and of the share alone: SHA-256 gives each id a place in [0, 1), and arm B is
below the share. A larger share keeps the chains of arm B in it.
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


def arm_of(chain: str, share: float) -> Arm:
    """The arm of the chain with this id, B for `share` (0..1) of all chains."""
    place = int.from_bytes(sha256(chain.encode()).digest()[:_BYTES]) / 2 ** (8 * _BYTES)
    return Arm.B if place < share else Arm.A


def side_of(chain: str, settings: ArmSettings, models: ModelsInForce) -> Side:
    """What decides the entry of this chain. Without a difference between the arms there is none."""
    if not settings.share or not (settings.policy or models.challengers):
        return Side(Arm.NONE, models.champion)
    arm = arm_of(chain, settings.share)
    if arm is Arm.A:
        return Side(arm, models.champion)
    return Side(arm, models.challengers[0] if models.challengers else models.champion, settings.policy)
