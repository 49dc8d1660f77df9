"""The input types of the mutations of the register of models."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import strawberry

from commands.request import RegisterModel, ReportDrift
from domain.errors import InvalidInput

_SEED = "The seed of the training: a whole number of at most 64 bits, as text."


@strawberry.input(description="A figure of a model's validation.")
class MetricInput:
    name: str
    value: float


@strawberry.input(description="A model file: its SHA-256, and what the file states about its training.")
class ModelInput:
    name: str = strawberry.field(description="The line of models that it belongs to, as main.")
    sha256: str = strawberry.field(description="The SHA-256 of the file, in hexadecimal.")
    feature_set: str = strawberry.field(description="The feature set that it reads, as core.1.")
    data_from: datetime = strawberry.field(description="The first signal that it was trained on.")
    data_until: datetime = strawberry.field(description="The last signal that it was trained on.")
    labels: int = strawberry.field(description="The number of rows that it was trained on.")
    seed: str = strawberry.field(description=_SEED)
    metrics: list[MetricInput] = strawberry.field(default_factory=list)
    passed_gate: bool = strawberry.field(
        default=False, description="Whether the gate of its training has let it pass, as the file states."
    )

    def request(self, reason: str) -> RegisterModel:
        """The request to register it."""
        try:
            seed = int(self.seed)
        except ValueError:
            raise InvalidInput(f"seed = {self.seed[:40]!r}: write a whole number") from None
        return RegisterModel(
            name=self.name,
            sha256=self.sha256,
            feature_set=self.feature_set,
            data_from=self.data_from,
            data_until=self.data_until,
            labels=self.labels,
            seed=seed,
            reason=reason,
            metrics=self._figures(),
            passed_gate=self.passed_gate,
        )

    def _figures(self) -> Mapping[str, float]:
        found = {one.name: one.value for one in self.metrics}
        if len(found) < len(self.metrics):
            names = [one.name for one in self.metrics]
            twice = next(name for name in names if names.count(name) > 1)
            raise InvalidInput(f"metrics has {twice[:80]!r} more than once; give each name once")
        return found


@strawberry.input(description="A drift that a test has found.")
class DriftInput:
    subject: str = strawberry.field(description="The feature's name, or `outcome.brier` or `outcome.win`.")
    test: str = strawberry.field(description="The test's name, as PSI or ADWIN.")
    statistic: float
    limit: float = strawberry.field(description="The limit that the statistic is beyond.")
    count: int = strawberry.field(description="The number of scores in the window.")
    begin: datetime
    end: datetime

    def request(self, sha256: str, reason: str) -> ReportDrift:
        """The request to record it of this model."""
        return ReportDrift(
            sha256=sha256,
            subject=self.subject,
            test=self.test,
            statistic=self.statistic,
            limit=self.limit,
            count=self.count,
            begin=self.begin,
            end=self.end,
            reason=reason,
        )
