"""The table `[models]`: where model files are, and how long a score may take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from domain.drift.settings import BOUNDS as OF_DRIFT
from domain.drift.settings import DriftSettings
from domain.drift.settings import faults as faults_of_drift
from domain.learning.auto_settings import AUTO, AutoSettings
from domain.learning.auto_settings import BOUNDS as OF_AUTO

_DRIFT = DriftSettings()


def _bounded(default: float, bounds: tuple[float, float]) -> Any:
    return Field(default=default, ge=bounds[0], le=bounds[1])


class DriftTable(BaseModel):
    """The table `[models.drift]`; its fields are those of `DriftSettings`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    rows: int = _bounded(_DRIFT.rows, OF_DRIFT["rows"])
    every: int = _bounded(_DRIFT.every, OF_DRIFT["every"])
    psi: float = _bounded(_DRIFT.psi, OF_DRIFT["psi"])
    ks_p: float = _bounded(_DRIFT.ks_p, OF_DRIFT["ks_p"])
    delta: float = _bounded(_DRIFT.delta, OF_DRIFT["delta"])
    outcomes_every: int = _bounded(_DRIFT.outcomes_every, OF_DRIFT["outcomes_every"])
    retires: bool = False

    @property
    def settings(self) -> DriftSettings:
        return DriftSettings(**self.model_dump())

    @model_validator(mode="after")
    def _check(self) -> DriftTable:
        """The rules beyond the bounds of single numbers; the place of the table stands before the message."""
        found = "; ".join(one.removeprefix("models.drift.") for one in faults_of_drift(self.settings))
        if found:
            raise PydanticCustomError("drift", "{faults}", {"faults": found})
        return self


class AutoTable(BaseModel):
    """The table `[models.auto]`; its fields are those of `AutoSettings`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    every_days: int = _bounded(AUTO.every_days, OF_AUTO["every_days"])
    every_trades: int = _bounded(AUTO.every_trades, OF_AUTO["every_trades"])
    budget: float = _bounded(AUTO.budget, OF_AUTO["budget"])
    least_signals: int = _bounded(AUTO.least_signals, OF_AUTO["least_signals"])
    patience_days: int = _bounded(AUTO.patience_days, OF_AUTO["patience_days"])

    @property
    def settings(self) -> AutoSettings:
        return AutoSettings(**self.model_dump())


class StoreTable(BaseModel):
    """The table `[models.store]`: the object store of model files; none where `address` is empty.

    `address` is s3://BUCKET or s3://BUCKET/PREFIX, `endpoint` the http:// or https:// address of a store that is not of
    AWS, without credentials: keys are secrets (`infra.model_store`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    address: str = Field(
        default="", pattern=r"^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9/_.-]{0,500})?)?$"
    )
    endpoint: str = Field(default="", pattern=r"^(https?://[A-Za-z0-9.\[\]:-]{1,253})?$")
    region: str = Field(default="us-east-1", pattern=r"^[a-z0-9-]{1,40}$")


class ModelsTable(BaseModel):
    """`folder` is the folder of model files (docs/model-registry.md), `store` an object store that has them, too.

    A live score that takes longer than `score_milliseconds` is late, and its entry is skipped. `drift` and `auto` are
    of `whence models auto` (docs/drift.md).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    folder: Path = Path("models")
    store: StoreTable = StoreTable()
    score_milliseconds: float = Field(default=5.0, gt=0, le=1_000)
    drift: DriftTable = DriftTable()
    auto: AutoTable = AutoTable()
