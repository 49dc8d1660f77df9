"""The kinds of members that a model file may hold. A new kind is one line here."""

from __future__ import annotations

from typing import Final

from domain.models.member import Readers
from domain.models.sequence_member import sequence
from domain.models.tree_member import boosting, forest

BOOSTING: Final = "boosting"
FOREST: Final = "forest"
SEQUENCE: Final = "lstm"

READERS: Final[Readers] = {BOOSTING: boosting, FOREST: forest, SEQUENCE: sequence}
WEIGHTS: Final = {SEQUENCE: 0.4, BOOSTING: 0.3, FOREST: 0.3}
"""The weights of the members, before they are divided by the sum over those that a file holds."""
