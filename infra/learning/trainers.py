"""The trainers of all members, and which of them train."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from domain.learning.gate import LEAST_FOR_A_SEQUENCE
from domain.models.members import BOOSTING, FOREST, SEQUENCE
from infra.learning.members import TRAINERS, Trainer
from infra.learning.pytorch import is_installed, pytorch
from infra.learning.sequence_trainer import lstm

ALL: Final[Mapping[str, Trainer]] = {SEQUENCE: lstm, **TRAINERS}


NAMES: Final[Mapping[str, str]] = {"boosting": BOOSTING, "forest": FOREST, "sequence": SEQUENCE}
"""The members by the names that `whence models train --member` takes."""


def kinds_for(rows: int, names: Sequence[str] = ()) -> Sequence[str]:
    """The members with these names; without a name, those that are trained from so many rows.

    The sequence model is then one of them where PyTorch is installed and there are as many rows as its promotion needs.
    Raises MissingParts where the sequence model is named and PyTorch is not installed.
    """
    if names:
        wanted = {NAMES[one] for one in names}
        if SEQUENCE in wanted:
            pytorch()
        return [kind for kind in ALL if kind in wanted]
    trees = (BOOSTING, FOREST)
    return (SEQUENCE, *trees) if is_installed() and rows >= LEAST_FOR_A_SEQUENCE else trees
