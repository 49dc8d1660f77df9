"""The table `[models]`: where model files are, and how long a score may take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from domain.drift.settings import DriftSettings
from domain.drift.settings import faults as faults_of_drift
from domain.learning.auto_settings import AutoSettings
from domain.learning.auto_settings import faults as faults_of_auto


class DriftTable(BaseModel):
    """The table `[models.drift]`; its fields are those of `DriftSettings`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    rows: int = 200
    every: int = 50
    psi: float = 0.25
    ks_p: float = 0.001
    delta: float = 0.002
    outcomes_every: int = 32
    retires: bool = False

    @property
    def settings(self) -> DriftSettings:
        return DriftSettings(**self.model_dump())

    @model_validator(mode="after")
    def _check(self) -> DriftTable:
        _refuse("models.drift", faults_of_drift(self.settings))
        return self


class AutoTable(BaseModel):
    """The table `[models.auto]`; its fields are those of `AutoSettings`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    every_days: int = 7
    every_trades: int = 200
    budget: float = 0.05
    least_signals: int = 50
    patience_days: int = 60

    @property
    def settings(self) -> AutoSettings:
        return AutoSettings(**self.model_dump())

    @model_validator(mode="after")
    def _check(self) -> AutoTable:
        _refuse("models.auto", faults_of_auto(self.settings))
        return self


def _refuse(table: str, faults: Iterator[str]) -> None:
    """Raises an error of pydantic with all faults; the place of the table stands before it."""
    found = "; ".join(one.removeprefix(f"{table}.") for one in faults)
    if found:
        raise PydanticCustomError("out_of_range", "{faults}", {"faults": found})


class ModelsTable(BaseModel):
    """`folder` is the folder of model files (docs/model-registry.md). A live score that takes longer than
    `score_milliseconds` is late, and its entry is skipped. `drift` and `auto` are of `whence models auto`
    (docs/drift.md).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    folder: Path = Path("models")
    score_milliseconds: float = Field(default=5.0, gt=0, le=1_000)
    drift: DriftTable = DriftTable()
    auto: AutoTable = AutoTable()
