"""What `whence models auto` requests: drifts that are not recorded yet, promotions and retirements by rule."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from datetime import datetime

from commands.request import PromoteModel, ReportDrift, RetireModel
from domain.drift.measure import Drift, Drifting
from domain.drift.reference import Reference
from domain.drift.settings import DriftSettings
from domain.features.sets import SETS
from domain.learning.auto_settings import AutoSettings
from domain.learning.promotion import Ruling
from domain.learning.retraining import due, is_overdue
from domain.learning.rule_names import BY_BUDGET, BY_DRIFT, BY_PATIENCE, BY_SCHEDULE, SCHEDULED
from domain.model import DriftFound, ModelInForce, ModelRole
from domain.models.file import ModelFile
from domain.settings import Settings
from infra.learning.limits_in_force import with_difference
from projections.model_drift import Episode, episodes
from projections.model_scores import ModelBook
from projections.model_trials import micros, trial_of
from projections.scored_trades import ScoredTrades

Planned = ReportDrift | RetireModel | PromoteModel


class AutoPlan:
    """One pass over a log.

    `book` and `scored` hold its events, `file_of` returns a model's file by its SHA-256, `trading` are the settings in
    force.
    """

    def __init__(
        self,
        book: ModelBook,
        scored: ScoredTrades,
        file_of: Callable[[str], ModelFile],
        drift: DriftSettings,
        auto: AutoSettings,
        trading: Settings,
    ) -> None:
        self._book, self._scored, self._drift, self._auto = book, scored, drift, auto
        self._trading = trading
        self._files = {one.sha256: file_of(one.sha256) for _role, one in book.in_force.scoring}

    @property
    def registered(self) -> Sequence[str]:
        """The SHA-256 of every model that is registered, with a role or without, in order of registration."""
        return list(self._book.models)

    @property
    def seed(self) -> int:
        """The seed of the next training: its number among the trainings by schedule that the log has, from 1."""
        reasons = (one.registered.reason for one in self._book.models.values())
        return 1 + sum(one.startswith(SCHEDULED) for one in reasons)

    def requests(self, now: datetime) -> Sequence[Planned]:
        """The requests, in the order in which they are to be sent. Raises InvalidInput as `episodes` does."""
        found = list(self._new_episodes())
        drifted = self._drifted(found)
        return [
            *(_report(one, self._drift) for one in found),
            *(_retired_for(sha256, subjects) for sha256, subjects in sorted(drifted.items())),
            *self._rulings(now, drifted.keys()),
            *self._without_role(),
        ]

    def training_due(self, now: datetime) -> str | None:
        """Why a model is to be trained now, in words; None where it is not."""
        last = max(self._scored.registered_at.values(), default=None)
        closed = sum(last is None or one > last for one in self._scored.closed_at)
        return due(micros(now), None if last is None else micros(last), closed, self._auto)

    def _new_episodes(self) -> Iterator[Episode]:
        """The episodes of models in force after the last drift that is recorded of the same model and subject."""
        references: Mapping[str, Reference] = {
            sha256: Reference(file.reference, _calendar(file)) for sha256, file in self._files.items()
        }
        recorded = [one for record in self._book.models.values() for one in record.drifts]
        for one in episodes(self._scored, references, self._drift):
            if not any(_covers(known, one) for known in recorded):
                yield one

    def _drifted(self, found: Sequence[Episode]) -> Mapping[str, set[str]]:
        """What drifts of each model that is to be retired, since it got its role: from the log, and found in this pass.

        A drift that an earlier pass recorded counts until the model is retired, so a retirement that was not carried
        out is requested again.
        """
        subjects: dict[str, set[str]] = {}
        if not self._drift.retires:
            return subjects
        for _role, model in self._book.in_force.scoring:
            since = self._scored.in_role_since[model.sha256]
            recorded = {one.subject for one in self._book.models[model.sha256].drifts_in_role}
            begun = {one.subject for one in found if one.sha256 == model.sha256 and one.end > since}
            if recorded | begun:
                subjects[model.sha256] = recorded | begun
        return subjects

    def _without_role(self) -> Iterator[PromoteModel]:
        """The models that a pass registered and that never had a role: that request of the pass was not carried out."""
        for sha256, record in self._book.models.items():
            reason = record.registered.reason
            if reason.startswith(SCHEDULED) and sha256 not in self._scored.in_role_since:
                yield as_challenger(sha256, reason.removeprefix(SCHEDULED))

    def _rulings(self, now: datetime, retired: Container[str]) -> Iterator[Planned]:
        """The first challenger that is promoted, and those whose time is over."""
        promoted = False
        for challenger in self._book.in_force.challengers:
            if challenger.sha256 in retired:
                continue
            trial = trial_of(challenger.sha256, self._scored, self._auto)
            passes = trial.ruling is Ruling.PROMOTE and self._passed_gate(challenger.sha256)
            if passes and not promoted:
                promoted = True
                reason = with_difference(trial.sentence, self._files[challenger.sha256], self._trading)
                yield PromoteModel(
                    sha256=challenger.sha256, role=ModelRole.CHAMPION, reason=reason, rule=BY_BUDGET
                )
            elif not passes and self._is_overdue(challenger, now):
                yield RetireModel(sha256=challenger.sha256, reason=trial.sentence, rule=BY_PATIENCE)

    def _passed_gate(self, sha256: str) -> bool:
        """By the event, as the engine judges it; a registration of an earlier version has no verdict, its file does."""
        recorded = self._book.models[sha256].registered.passed_gate
        return self._files[sha256].verdict.passed if recorded is None else recorded

    def _is_overdue(self, challenger: ModelInForce, now: datetime) -> bool:
        return is_overdue(micros(now), micros(self._scored.in_role_since[challenger.sha256]), self._auto)


def _calendar(file: ModelFile) -> frozenset[str]:
    """The features of date and time; none of a feature set that this version does not have."""
    found = SETS.get(file.feature_set)
    return frozenset() if found is None else found.calendar


def _covers(known: DriftFound, found: Episode) -> bool:
    return (known.sha256, known.subject) == (found.sha256, found.subject) and known.end >= found.end


def _report(found: Episode, settings: DriftSettings) -> ReportDrift:
    """A feature is stated by its index and the limit of it, an outcome by its means after and before the change."""
    drift = found.drift
    is_feature = drift.kind is Drifting.FEATURE
    statistic, limit = (drift.psi, drift.limit(settings)) if is_feature else (drift.after, drift.before)
    return ReportDrift(
        sha256=found.sha256,
        subject=found.subject,
        test="PSI" if is_feature else "ADWIN",
        statistic=statistic or 0.0,
        limit=limit or 0.0,
        count=drift.rows,
        begin=found.begin,
        end=found.end,
        reason=f"whence models auto{_chance(drift)}" if is_feature else "whence models auto",
    )


def _chance(drift: Drift) -> str:
    """The p-value of a feature and, where they are known, the independent rows that tell as much as those measured."""
    rows = "" if drift.effective is None else f" of {drift.effective:.4g} independent rows"
    return f", p = {drift.p:g}{rows}"


def _retired_for(sha256: str, subjects: set[str]) -> RetireModel:
    reason = f"drift of {', '.join(sorted(subjects))[:300]}"
    return RetireModel(sha256=sha256, reason=reason, rule=BY_DRIFT)


def as_challenger(sha256: str, why: str) -> PromoteModel:
    """The request by which a model that was trained by schedule becomes a challenger."""
    return PromoteModel(sha256=sha256, role=ModelRole.CHALLENGER, reason=why, rule=BY_SCHEDULE)
