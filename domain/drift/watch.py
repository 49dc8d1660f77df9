"""A model in use: what of it drifts, from its scored signals and the trades that followed."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from domain.drift.adwin import Adwin
from domain.drift.measure import Drift, Drifting, Row, drift_of
from domain.drift.reference import Reference
from domain.drift.settings import DriftSettings
from domain.errors import InvalidInput


class OutcomeFigure(StrEnum):
    """BRIER: the squared distance of the confidence from the outcome (0 or 1). WIN: the share of trades that gain."""

    BRIER = "brier"
    WIN = "win"


_WORSE: Final[Mapping[OutcomeFigure, int]] = {OutcomeFigure.BRIER: 1, OutcomeFigure.WIN: -1}
"""The sign of a change of the mean that is for the worse."""


class DriftWatch:
    """Folds the scored signals and closed trades of one model; each call returns what began to drift with it.

    A feature drifts once an episode: it is returned again only after a look at which it was within its limits. Each
    change of an outcome for the worse is an episode; ADWIN forgets what was before it. The same calls in the same order
    return the same, so a watch is rebuilt from the log.
    """

    def __init__(self, reference: Reference, settings: DriftSettings) -> None:
        self._reference = reference
        self._settings = settings
        self._rows: deque[Row] = deque(maxlen=settings.rows)
        self._taken = 0
        self._drifting: dict[str, Drift] = {}
        self._outcomes = {
            figure: Adwin(settings.delta, settings.outcomes_every)
            for figure in OutcomeFigure
            if settings.delta
        }

    @property
    def drifting(self) -> Sequence[Drift]:
        """The features that drift since the last look, with the figures of that look."""
        return list(self._drifting.values())

    @property
    def rows(self) -> Sequence[Row]:
        """The rows of the last scored signals, oldest first, at most `rows` of the settings."""
        return list(self._rows)

    def scored(self, values: Row) -> Sequence[Drift]:
        """Takes the features of a scored signal; the features that begin to drift. Raises as `drift_of`."""
        if not self._settings.rows:
            return []
        self._rows.append(values)
        self._taken += 1
        if len(self._rows) < self._settings.rows or self._taken % self._settings.every:
            return []
        found = {one.name: one for one in drift_of(self._reference, self._rows, self._settings)}
        begun = [one for name, one in found.items() if name not in self._drifting]
        self._drifting = found
        return begun

    def closed(self, confidence: float, *, gained: bool) -> Sequence[Drift]:
        """Takes the outcome of a trade that was entered with this confidence; the figures that became worse.

        Raises InvalidInput for a confidence outside 0..1.
        """
        if not 0 <= confidence <= 1:
            raise InvalidInput(f"drift: a confidence must be in 0 … 1, not {confidence}")
        values = {
            OutcomeFigure.BRIER: (confidence - gained) ** 2,
            OutcomeFigure.WIN: float(gained),
        }
        return [
            one for figure in self._outcomes if (one := self._changed(figure, values[figure])) is not None
        ]

    def _changed(self, figure: OutcomeFigure, value: float) -> Drift | None:
        change = self._outcomes[figure].add(value)
        if change is None or (change.after - change.before) * _WORSE[figure] <= 0:
            return None
        return Drift(
            kind=Drifting.OUTCOME,
            name=figure.value,
            rows=change.kept,
            before=round(change.before, 6),
            after=round(change.after, 6),
        )
