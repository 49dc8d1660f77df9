"""The scorers of the modes, by the table `[models]`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import NamedTuple

from commands.observer import ScoreTimes
from commands.scorer import LoadedModel, ModelScorer
from domain.errors import InvalidSettings, MissingParts, ModelMissing, ModelsUnavailable, SecretsUnavailable
from infra.config import WhenceSettings
from infra.model_store import model_store
from infra.run.model_check import ModelCheck
from infra.run.model_fetching import ModelFetching

_ENDS_A_TAPE = (ModelsUnavailable, SecretsUnavailable, InvalidSettings, MissingParts)
"""The errors of an object store that does not answer, and of one without keys or without its library."""
NO_FILES: Mapping[str, LoadedModel] = {}


class LiveModels(NamedTuple):
    """The scorer of a live engine, and what reads a model in force before an entry needs it: both share what was read,
    so that no file is read while an entry is decided.
    """

    scorer: ModelScorer
    check: ModelCheck


def live_models(settings: WhenceSettings, times: ScoreTimes) -> LiveModels:
    """The scorer measures its time on the clock of this machine, and notifies `times` of it.

    Where an object store is configured, a thread makes its bucket and logs an error where that fails: keys that only a
    model without its file needs must not stop an engine that closes positions, and a start is the time to state that
    there are none.
    """
    store = model_store(settings)
    fetching = None
    if store.is_fetching:
        fetching = ModelFetching(store.fetch)
        fetching.check(store.check)
    model_of = store.folder.model_of
    scorer = ModelScorer(model_of, time.perf_counter, settings.models.score_milliseconds, times.scored)
    return LiveModels(scorer, ModelCheck(model_of, fetching))


def tape_scorer(settings: WhenceSettings, known: Mapping[str, LoadedModel] = NO_FILES) -> ModelScorer:
    """The scorer of an engine on a tape: nothing is late, so a file is fetched when it is first needed.

    `known` are models of other places, by their SHA-256. Its scores raise where the object store does not answer or
    has no keys: a tape can be played again, and a result without scores would be that of no model. A file that the
    store lacks is looked for once.
    """
    store, missing = model_store(settings), dict[str, ModelMissing]()

    def model_of(digest: str) -> LoadedModel:
        if digest in missing:
            raise missing[digest]
        try:
            return known.get(digest) or store.model_of(digest)
        except ModelMissing as fault:
            missing[digest] = fault
            raise

    return ModelScorer(model_of, ends_run=_ENDS_A_TAPE)
