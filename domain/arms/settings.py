"""The settings of the two arms into which entries are split."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain.arithmetic import is_within

LATEST_POLICY = 6
"""The current version of the policy of the committees; a test compares it with `domain.committees.POLICY_VERSION`."""

EARLIEST_POLICY = 5
"""The first version by which every member of today votes on an entry, so that no arm lacks a limit of risk.

From version 4 on no order that reduces a position prevents an exit, so an arm holds none back, too.
"""

_SHA256 = re.compile(r"[0-9a-f]{8,64}")
"""A SHA-256, or enough of its first digits to name one model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmSettings:
    """`share` (0..1) of the entries is arm B; 0: entries are not split.

    Arm B is decided by the score of `challenger` in place of the champion's, and by version `policy` of the committees'
    policy, 5 at least; 0: by the current one. `challenger` is the SHA-256 of a model, or 8 or more of its first digits;
    empty: the champion decides in both arms. Without a challenger and a policy no entry is split. Neither is one where
    `challenger` does not name exactly one challenger in force that its gate has let pass.
    """

    share: float = 0.0
    policy: int = 0
    challenger: str = ""


ONE_ARM = ArmSettings()
"""The default: entries are not split."""

BOUNDS: Mapping[str, tuple[float, float]] = {"share": (0, 1), "policy": (0, LATEST_POLICY)}
"""The least and the greatest value of each number."""


def faults(settings: ArmSettings) -> Iterator[str]:
    """Each rule that the settings break beyond the bounds of single numbers."""
    if is_within(settings.policy, 1, EARLIEST_POLICY - 1):
        yield (
            f"arms.policy = {settings.policy} must be 0 or in {EARLIEST_POLICY} … {LATEST_POLICY}: an earlier "
            "policy lacks a member that limits risk"
        )
    if settings.challenger and not _SHA256.fullmatch(settings.challenger):
        yield (
            f"arms.challenger = {settings.challenger[:80]!r} must be the SHA-256 of a model, or 8 or more of its first "
            "digits, in lower case; whence models list prints it"
        )
