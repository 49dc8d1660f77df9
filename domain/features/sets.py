"""The feature sets of this program, by their id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.errors import Refused
from domain.features.book import BOOK_1
from domain.features.core import CORE_1
from domain.features.feature_set import FeatureSet

SETS: Final[Mapping[str, FeatureSet]] = {CORE_1.id: CORE_1, BOOK_1.id: BOOK_1}

_UNFED: Final[Mapping[str, str]] = {
    BOOK_1.id: "no engine feeds rows of order books to the features yet, so every figure of the book would be missing"
}
"""The feature sets with a source that runs in no engine, and what a model of such a set would lack."""


def check_fed(name: str) -> None:
    """Raises Refused for a feature set with a source that runs in no engine. A set of another program passes."""
    if name in _UNFED:
        fed = ", ".join(one for one in SETS if one not in _UNFED)
        raise Refused(f"{name} cannot be used by a model: {_UNFED[name]}; use {fed}")
