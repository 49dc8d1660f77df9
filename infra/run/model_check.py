"""States whether the files of the models in force can be read, before an entry needs one."""

from __future__ import annotations

import logging
from collections.abc import Callable

from commands.scorer import LoadedModel
from domain.model import ModelInForce, ModelRole, ModelsInForce

_log = logging.getLogger(__name__)


class ModelCheck:
    """Reads the file of each model once it is in force: at the start of an engine, and after a promotion.

    `model_of` is that of the folder of models. Nothing is raised: a model that cannot be read skips entries, and must
    not stop the engine, which closes positions, too.
    """

    def __init__(self, model_of: Callable[[str], LoadedModel]) -> None:
        self._model_of = model_of
        self._stated: tuple[tuple[ModelRole, ModelInForce], ...] = ()

    def look(self, models: ModelsInForce) -> None:
        """Logs one line for each model whose role is new since the last look."""
        scoring = models.scoring
        if scoring == self._stated:
            return
        for role, model in scoring:
            if (role, model) not in self._stated:
                self._state(role, model)
        self._stated = scoring

    def _state(self, role: ModelRole, model: ModelInForce) -> None:
        try:
            read = self._model_of(model.sha256).model
        except Exception as fault:  # noqa: BLE001  (fail closed, as the scorer: no file may stop the engine)
            what = (
                "every entry is skipped for SCORE_FAILED" if role is ModelRole.CHAMPION else "its scores fail"
            )
            _log.error("the %s %s cannot be read, and %s: %s", role, model.sha256, what, fault)
            return
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
