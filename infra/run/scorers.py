"""The scorers of the modes, by the table `[models]`."""

from __future__ import annotations

import time

from commands.observer import ScoreTimes
from commands.scorer import ModelScorer
from infra.learning.model_folder import ModelFolder
from infra.model_settings import ModelsTable
from infra.run.model_check import ModelCheck


def live_scorer(table: ModelsTable, times: ScoreTimes) -> ModelScorer:
    """The scorer of a live engine: it measures its time on the clock of this machine, and notifies `times` of it."""
    model_of = ModelFolder(table.folder).model_of
    return ModelScorer(model_of, time.perf_counter, table.score_milliseconds, times.scored)


def live_check(table: ModelsTable) -> ModelCheck:
    """What states at a start and after a promotion whether the file of a model can be read."""
    return ModelCheck(ModelFolder(table.folder).model_of)


def tape_scorer(table: ModelsTable) -> ModelScorer:
    """The scorer of an engine on a tape: nothing is late."""
    return ModelScorer(ModelFolder(table.folder).model_of)
