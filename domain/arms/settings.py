"""The settings of the two arms into which entries are split."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LATEST_POLICY = 6
"""The current version of the policy of the committees; a test compares it with `domain.committees.POLICY_VERSION`."""

EARLIEST_POLICY = 4
"""The first version by which no order that reduces a position prevents an exit: an arm must not hold one back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmSettings:
    """`share` (0..1) of the chains of entries is arm B; 0: entries are not split.

    Arm B is decided by the score of the first challenger in force in place of the champion's, and by version `policy`
    of the committees' policy, 4 at least; 0: by the current one. Without a challenger and a policy no entry is split.
    """

    share: float = 0.0
    policy: int = 0


ONE_ARM = ArmSettings()
"""The default: entries are not split."""

BOUNDS: Mapping[str, tuple[float, float]] = {"share": (0, 1), "policy": (0, LATEST_POLICY)}
"""The least and the greatest value of each number."""


def faults(settings: ArmSettings) -> Iterator[str]:
    """Each rule that the settings break beyond the bounds of single numbers."""
    if 0 < settings.policy < EARLIEST_POLICY:
        yield (
            f"arms.policy = {settings.policy} must be 0 or in {EARLIEST_POLICY} … {LATEST_POLICY}: an earlier "
            "policy holds exits back"
        )
