"""The scorers of the modes, by the table `[models]`."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from threading import Thread
from typing import NamedTuple

from commands.observer import ScoreTimes
from commands.scorer import LoadedModel, ModelScorer
from domain.errors import WhenceError
from infra.config import WhenceSettings
from infra.learning.model_store import ModelStore
from infra.model_store import model_store
from infra.run.model_check import ModelCheck
from infra.run.model_fetching import ModelFetching

CHECK_THREAD = "check of the model store"
_log = logging.getLogger(__name__)

NO_FILES: Mapping[str, LoadedModel] = {}


class LiveModels(NamedTuple):
    """The scorer of a live engine, and what reads a model in force before an entry needs it: both share what was read,
    so that no file is read while an entry is decided.
    """

    scorer: ModelScorer
    check: ModelCheck


def live_models(settings: WhenceSettings, times: ScoreTimes) -> LiveModels:
    """The scorer measures its time on the clock of this machine, and notifies `times` of it.

    Where an object store is configured, a thread makes its bucket and logs an error where that fails: its keys are
    needed only once the folder lacks a file, so a sealed Vault must not keep an engine from its open positions.
    """
    store = model_store(settings)
    fetching = None
    if store.is_fetching:
        fetching = ModelFetching(store.fetch)
        Thread(target=check_store, args=(store,), name=CHECK_THREAD, daemon=True).start()
    model_of = store.folder.model_of
    scorer = ModelScorer(model_of, time.perf_counter, settings.models.score_milliseconds, times.scored)
    return LiveModels(scorer, ModelCheck(model_of, fetching))


def check_store(store: ModelStore) -> None:
    """Makes the bucket of the store, and logs an error where it cannot be made; raises nothing."""
    try:
        store.check()
    except Exception as fault:  # noqa: BLE001  (a thread's error is seen nowhere else; its text may hold a secret)
        why = fault if isinstance(fault, WhenceError) else type(fault).__name__
        _log.error(
            "the object store of models cannot be used, and a file that the folder lacks fails: %s", why
        )


def tape_scorer(settings: WhenceSettings, known: Mapping[str, LoadedModel] = NO_FILES) -> ModelScorer:
    """The scorer of an engine on a tape: nothing is late, so a file is fetched when it is first needed.

    `known` are models of other places, by their SHA-256.
    """
    store = model_store(settings)

    def model_of(digest: str) -> LoadedModel:
        return known.get(digest) or store.model_of(digest)

    return ModelScorer(model_of)
