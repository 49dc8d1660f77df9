"""Which drifts the scores and trades of a log show, by model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.drift.measure import Drift, Drifting
from domain.drift.reference import Reference
from domain.drift.settings import DriftSettings
from domain.drift.watch import DriftWatch
from projections.scored_trades import RowScored, ScoredTrades


@dataclass(frozen=True, slots=True)
class Episode:
    """A drift of a model began: it was found over the scores or trades from `begin` to `end` (UTC)."""

    sha256: str
    drift: Drift
    begin: datetime
    end: datetime

    @property
    def subject(self) -> str:
        """The feature, or `outcome.brier` and `outcome.win`."""
        return self.drift.name if self.drift.kind is Drifting.FEATURE else f"outcome.{self.drift.name}"


class _Watched:
    """The watch of one model, with the times of what it has taken."""

    def __init__(self, sha256: str, reference: Reference, settings: DriftSettings) -> None:
        self._sha256, self._watch = sha256, DriftWatch(reference, settings)
        self._scored: list[datetime] = []
        self._closed: list[datetime] = []

    def scored(self, at: datetime, values: tuple[float | None, ...]) -> Iterator[Episode]:
        self._scored.append(at)
        yield from self._episodes(self._watch.scored(values), self._scored)

    def closed(self, at: datetime, confidence: float, *, gained: bool) -> Iterator[Episode]:
        self._closed.append(at)
        yield from self._episodes(self._watch.closed(confidence, gained=gained), self._closed)

    def _episodes(self, drifts: Sequence[Drift], times: Sequence[datetime]) -> Iterator[Episode]:
        for drift in drifts:
            yield Episode(self._sha256, drift, times[-drift.rows], times[-1])


def episodes(
    scored: ScoredTrades, references: Mapping[str, Reference], settings: DriftSettings
) -> Sequence[Episode]:
    """The episodes of the models that have a reference, by SHA-256, in the order of the log.

    Equal logs and settings give equal episodes. Raises InvalidInput for a row that does not fit its reference.
    """
    watched = {sha256: _Watched(sha256, one, settings) for sha256, one in references.items()}
    found: list[Episode] = []
    for step in scored.steps:
        if isinstance(step, RowScored):
            if step.score.model in watched:
                found += watched[step.score.model].scored(step.at, step.score.values)
            continue
        for score in step.scores:
            if score.model in watched and score.confidence is not None:
                watch = watched[score.model]
                found += watch.closed(step.closed_at, score.confidence, gained=step.gained)
    return found
