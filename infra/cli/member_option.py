"""The option `--member` of the commands that train a model."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class MemberName(StrEnum):
    """The names of `infra.learning.trainers.NAMES`, which only a training imports."""

    BOOSTING = "boosting"
    FOREST = "forest"
    SEQUENCE = "sequence"


MemberOption = Annotated[
    list[MemberName] | None,
    typer.Option(
        "--member",
        help="A member of the model, once for each; without it boosting and forest, and the sequence model where "
        "PyTorch is installed and the data set has as many rows as its promotion needs (5,000).",
    ),
]
