"""The feature sets of this program, by their id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.features.book import BOOK_1
from domain.features.core import CORE_1
from domain.features.feature_set import FeatureSet

SETS: Final[Mapping[str, FeatureSet]] = {CORE_1.id: CORE_1, BOOK_1.id: BOOK_1}
