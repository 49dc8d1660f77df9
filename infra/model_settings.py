"""The table `[models]`: where model files are, and how long a score may take."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class ModelsTable(BaseModel):
    """`folder` is the folder of model files (docs/model-registry.md). A live score that takes longer than
    `score_milliseconds` is late, and its entry is skipped.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    folder: Path = Path("models")
    score_milliseconds: float = Field(default=5.0, gt=0, le=1_000)
