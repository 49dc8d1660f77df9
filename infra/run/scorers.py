"""The scorers of the modes, by the table `[models]`."""

from __future__ import annotations

import time
from collections.abc import Mapping

from commands.observer import ScoreTimes
from commands.scorer import LoadedModel, ModelScorer
from infra.learning.model_folder import ModelFolder
from infra.model_settings import ModelsTable
from infra.run.model_check import ModelCheck

NO_FILES: Mapping[str, LoadedModel] = {}


def live_scorer(table: ModelsTable, times: ScoreTimes) -> ModelScorer:
    """The scorer of a live engine: it measures its time on the clock of this machine, and notifies `times` of it."""
    model_of = ModelFolder(table.folder).model_of
    return ModelScorer(model_of, time.perf_counter, table.score_milliseconds, times.scored)


def live_check(table: ModelsTable) -> ModelCheck:
    """What states at a start and after a promotion whether the file of a model can be read."""
    return ModelCheck(ModelFolder(table.folder).model_of)


def tape_scorer(table: ModelsTable, known: Mapping[str, LoadedModel] = NO_FILES) -> ModelScorer:
    """The scorer of an engine on a tape: nothing is late. `known` are models of other places, by their SHA-256."""
    folder = ModelFolder(table.folder)

    def model_of(digest: str) -> LoadedModel:
        return known.get(digest) or folder.model_of(digest)

    return ModelScorer(model_of)
