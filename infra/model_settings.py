"""The table `[models]`: where model files are, and how long a score may take."""

from __future__ import annotations

import time
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from commands.scorer import ModelScorer
from infra.learning.model_folder import ModelFolder


class ModelsTable(BaseModel):
    """`folder` is the folder of model files (docs/model-registry.md). A live score that takes longer than
    `score_milliseconds` is late, and its entry is skipped.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    folder: Path = Path("models")
    score_milliseconds: float = Field(default=5.0, gt=0, le=1_000)


def live_scorer(table: ModelsTable) -> ModelScorer:
    """The scorer of a live engine: it measures its time on the clock of this machine."""
    return ModelScorer(ModelFolder(table.folder).model_of, time.perf_counter, table.score_milliseconds)


def tape_scorer(table: ModelsTable) -> ModelScorer:
    """The scorer of an engine on a tape: nothing is late."""
    return ModelScorer(ModelFolder(table.folder).model_of)
