"""The settings of the two arms into which entries are split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LATEST_POLICY = 6
"""The current version of the policy of the committees; a test compares it with `domain.committees.POLICY_VERSION`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmSettings:
    """`share` (0..1) of the chains of entries is arm B; 0: entries are not split.

    Arm B is decided by the score of the first challenger in force in place of the champion's, and by version `policy`
    of the committees' policy; 0: by the current one. Without a challenger and a policy no entry is split.
    """

    share: float = 0.0
    policy: int = 0


ONE_ARM = ArmSettings()
"""The default: entries are not split."""

BOUNDS: Mapping[str, tuple[float, float]] = {"share": (0, 1), "policy": (0, LATEST_POLICY)}
"""The least and the greatest value of each number."""
