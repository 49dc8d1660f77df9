"""States whether the files of the models in force can be read, before an entry needs one."""

from __future__ import annotations

import logging
from collections.abc import Callable

from commands.scorer import LoadedModel
from domain.errors import ModelMissing
from domain.model import ModelInForce, ModelRole, ModelsInForce
from infra.run.model_fetching import ModelFetching

_log = logging.getLogger(__name__)


class ModelCheck:
    """Reads the file of each model once it is in force: at the start of an engine, and after a promotion.

    `model_of` is that of the folder of models. Nothing is raised: a model that cannot be read skips entries, and must
    not stop the engine, which closes positions, too.
    """

    def __init__(self, model_of: Callable[[str], LoadedModel], fetching: ModelFetching | None = None) -> None:
        """With `fetching` a file that is not in the folder is fetched into it beside the engine."""
        self._model_of, self._fetching = model_of, fetching
        self._stated: tuple[tuple[ModelRole, ModelInForce], ...] = ()
        self._awaited = set[tuple[ModelRole, ModelInForce]]()

    def look(self, models: ModelsInForce) -> None:
        """Logs one line for each model whose role is new since the last look, and for each attempt to fetch a file."""
        scoring = models.scoring
        if scoring == self._stated and not self._awaited:
            return
        self._awaited &= set(scoring)
        for one in scoring:
            if one not in self._stated or one in self._awaited:
                self._state(*one)
        self._stated = scoring

    def _state(self, role: ModelRole, model: ModelInForce) -> None:
        try:
            read = self._model_of(model.sha256).model
        except Exception as fault:  # noqa: BLE001  (fail closed, as the scorer: no file may stop the engine)
            if isinstance(fault, ModelMissing) and self._fetching is not None:
                self._fetch(self._fetching, role, model)
            else:
                _log.error("the %s %s cannot be read, and %s: %s", role, model.sha256, _without(role), fault)
                self._awaited.discard((role, model))
            return
        self._awaited.discard((role, model))
        if read.feature_set != model.feature_set:
            _log.error(
                "the %s %s reads %s by its file and %s by its registration: its scores fail",
                role,
                model.sha256,
                read.feature_set,
                model.feature_set,
            )
            return
        _log.info(
            "the %s %s is read: %d features of %s", role, model.sha256, len(read.features), read.feature_set
        )

    def _fetch(self, fetching: ModelFetching, role: ModelRole, model: ModelInForce) -> None:
        if (role, model) not in self._awaited:
            self._awaited.add((role, model))
            _log.info(
                "the %s %s is fetched from the object store; until then %s",
                role,
                model.sha256,
                _without(role),
            )
        failed = fetching.proceed(model.sha256)
        if failed is not None:
            _log.error("the %s %s is not fetched, and %s: %s", role, model.sha256, _without(role), failed)


def _without(role: ModelRole) -> str:
    return _WITHOUT[role]


_WITHOUT = {
    ModelRole.CHAMPION: "every entry is skipped for SCORE_FAILED",
    ModelRole.CHALLENGER: "its scores fail; every entry that it decides in arm B is skipped for SCORE_FAILED",
}
