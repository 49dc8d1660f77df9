"""The scorers of the modes, by the table `[models]`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import NamedTuple

from commands.observer import ScoreTimes
from commands.scorer import LoadedModel, ModelScorer
from infra.config import WhenceSettings
from infra.model_store import model_store
from infra.run.model_check import ModelCheck
from infra.run.model_fetching import ModelFetching

NO_FILES: Mapping[str, LoadedModel] = {}


class LiveModels(NamedTuple):
    """The scorer of a live engine, and what reads a model in force before an entry needs it: both share what was read,
    so that no file is read while an entry is decided.
    """

    scorer: ModelScorer
    check: ModelCheck


def live_models(settings: WhenceSettings, times: ScoreTimes) -> LiveModels:
    """The scorer measures its time on the clock of this machine, and notifies `times` of it.

    Raises what making the bucket raises, where an object store is configured: its keys are needed once a model lacks
    its file, and a start is the time to state that there are none.
    """
    store = model_store(settings)
    fetching = None
    if store.is_fetching:
        store.check()
        fetching = ModelFetching(store.fetch)
    model_of = store.folder.model_of
    scorer = ModelScorer(model_of, time.perf_counter, settings.models.score_milliseconds, times.scored)
    return LiveModels(scorer, ModelCheck(model_of, fetching))


def tape_scorer(settings: WhenceSettings, known: Mapping[str, LoadedModel] = NO_FILES) -> ModelScorer:
    """The scorer of an engine on a tape: nothing is late, so a file is fetched when it is first needed.

    `known` are models of other places, by their SHA-256.
    """
    store = model_store(settings)

    def model_of(digest: str) -> LoadedModel:
        return known.get(digest) or store.model_of(digest)

    return ModelScorer(model_of)
