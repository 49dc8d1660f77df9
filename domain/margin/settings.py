"""The settings of margin protection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from domain.arithmetic import ONE, ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginSettings:
    """Limits on the margin of entries; 0 switches a limit off.

    `max_in_use` is the greatest share of the balance that may be margin after the entry: that of positions, of waiting
    entries and of the entry itself; the rest is free margin. `max_per_position` is the greatest share that the margin
    of one position may have. `liquidation_distance` is the least distance between stop and liquidation, as a fraction
    of the entry's price. An entry beyond a limit is refused, not cut. See `domain/committees/margin_limits.py`.
    """

    max_in_use: Decimal = ZERO
    max_per_position: Decimal = ZERO
    liquidation_distance: Decimal = ZERO


NO_MARGIN_LIMITS = MarginSettings()
"""No limit is on."""

BOUNDS: Mapping[str, tuple[Decimal, Decimal]] = {
    "max_in_use": (ZERO, ONE),
    "max_per_position": (ZERO, ONE),
    "liquidation_distance": (ZERO, Decimal("0.5")),
}
"""The least and the greatest value of each limit."""
