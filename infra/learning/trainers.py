"""The trainers of all members, and which of them train."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from domain.learning.gate import LEAST_FOR_A_SEQUENCE
from domain.models.members import BOOSTING, FOREST, SEQUENCE
from infra.learning.members import TRAINERS, Trainer
from infra.learning.pytorch import is_installed
from infra.learning.sequence_trainer import lstm

ALL: Final[Mapping[str, Trainer]] = {SEQUENCE: lstm, **TRAINERS}


def kinds_for(rows: int) -> Sequence[str]:
    """The members that are trained from so many rows where nobody names them.

    The sequence model is one of them where PyTorch is installed and there are as many rows as its promotion needs.
    """
    trees = (BOOSTING, FOREST)
    return (SEQUENCE, *trees) if is_installed() and rows >= LEAST_FOR_A_SEQUENCE else trees
