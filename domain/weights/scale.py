"""What a weight scales."""

from __future__ import annotations

from enum import StrEnum


class WeightScale(StrEnum):
    """The size of the entry by the sizing rule, or the confidence that the tiers judge."""

    SIZE = "SIZE"
    CONFIDENCE = "CONFIDENCE"
