"""The commands of the register of models: to register, promote and retire a model, and to record a drift."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import Struct

from domain.errors import InvalidInput, Refused
from domain.model import (
    DriftFound,
    ModelEvent,
    ModelLine,
    ModelPromoted,
    ModelRegistered,
    ModelRetired,
    ModelRole,
)
from domain.plain_text import check_plain

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FEATURE_SET = re.compile(r"[a-z][a-z0-9_]{0,31}\.[1-9][0-9]{0,5}")
_MOST_METRICS = 100
_LONGEST_METRIC = 200
"""Characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterModel:
    """Makes a model known; the fields are those of `domain.model.ModelRegistered`."""

    name: str
    sha256: str
    feature_set: str
    data_from: datetime
    data_until: datetime
    labels: int
    seed: int
    reason: str
    metrics: Mapping[str, float] = field(default_factory=dict[str, float])
    passed_gate: bool | None = None


class PutInRole(Struct, frozen=True, gc=False):
    """Gives a registered model a role; `unproven` makes it the champion though its gate has not let it pass."""

    promotion: ModelPromoted
    unproven: bool = False

    @property
    def name(self) -> str:
        """The model's line."""
        return self.promotion.name


class TakeOutOfForce(Struct, frozen=True, gc=False):
    """Takes the role of a model."""

    retirement: ModelRetired

    @property
    def name(self) -> str:
        """The model's line."""
        return self.retirement.name


class RecordDrift(Struct, frozen=True, gc=False):
    """Records a drift that a test has found."""

    drift: DriftFound

    @property
    def name(self) -> str:
        """The model's line."""
        return self.drift.name


ModelCommand = RegisterModel | PutInRole | TakeOutOfForce | RecordDrift


def decide(command: ModelCommand, state: ModelLine) -> Sequence[ModelEvent]:
    """The events that follow; none for a model that is registered already.

    Raises InvalidInput for a registration with impossible figures. Raises Refused for one that states otherwise than
    the first registration of the same file, for a model that is not registered, and for a champion that its gate has
    not let pass.
    """
    match command:
        case RegisterModel():
            return _register(command, state)
        case PutInRole():
            _check_registered(command.promotion.sha256, state)
            _check_gate(command, state)
            return [command.promotion]
        case TakeOutOfForce():
            _check_registered(command.retirement.sha256, state)
            return [command.retirement]
        case RecordDrift():
            _check_registered(command.drift.sha256, state)
            _check_finite("the statistic of a drift", command.drift.statistic)
            _check_finite("the limit of a drift", command.drift.limit)
            return [command.drift]


def _register(command: RegisterModel, state: ModelLine) -> Sequence[ModelEvent]:
    check_registration(command)
    if command.sha256 in state.registered:
        _check_same(command, state.registered[command.sha256])
        return []
    return [
        ModelRegistered(
            name=command.name,
            sha256=command.sha256,
            feature_set=command.feature_set,
            data_from=command.data_from,
            data_until=command.data_until,
            labels=command.labels,
            seed=command.seed,
            metrics=command.metrics,
            reason=command.reason,
            passed_gate=command.passed_gate,
        )
    ]


_STATED: Mapping[str, str] = {
    "feature_set": "the feature set",
    "data_from": "the first signal of the training",
    "data_until": "the last signal of the training",
    "labels": "the number of labels",
    "seed": "the seed",
    "passed_gate": "the verdict of the gate",
}
"""What a model file states, in words. The metrics are left out: which ones are recorded differs between versions."""


def _check_same(command: RegisterModel, first: ModelRegistered) -> None:
    """The file has the same bytes, so whatever differs is wrong in one of the two registrations."""
    for name, words in _STATED.items():
        before, now = getattr(first, name), getattr(command, name)
        if before != now:
            raise Refused(
                f"the model {command.sha256[:12]} is registered already, under the name {first.name} with the reason "
                f"{first.reason[:80]!r}: {words} is {_spelled(before)} there and "
                f"{_spelled(now)} here. The first registration stays; a "
                "model that is trained again has a file and a registration of its own"
            )


_VERDICTS: Mapping[object, str] = {True: "passed", False: "not passed", None: "not stated"}


def _spelled(value: object) -> str:
    return _VERDICTS[value] if value is None or isinstance(value, bool) else str(value)


def check_registration(command: RegisterModel) -> None:
    """Raises InvalidInput unless name, hash and feature set are spelled as they must be, and all figures are finite."""
    for what, text, spelling, example in (
        ("the name of a model", command.name, _NAME, "main"),
        ("the SHA-256 of a model", command.sha256, _SHA256, "64 hexadecimal digits in lower case"),
        ("the feature set of a model", command.feature_set, _FEATURE_SET, "core.1"),
    ):
        if not spelling.fullmatch(text):
            raise InvalidInput(f"{what} is {text[:80]!r}; write it like {example}")
    if command.data_from.tzinfo is None or command.data_until.tzinfo is None:
        raise InvalidInput("the range of a model's data has no time zone")
    if command.data_until < command.data_from:
        raise InvalidInput(
            f"the data of the model ends at {command.data_until}, before it begins, at {command.data_from}"
        )
    if command.labels < 0:
        raise InvalidInput(f"the number of labels is {command.labels}; it must be at least 0")
    if not -(2**63) <= command.seed < 2**63:
        raise InvalidInput("the seed of a model has at most 64 bits")
    if len(command.metrics) > _MOST_METRICS:
        raise InvalidInput(f"a model has {_MOST_METRICS} metrics at most")
    for name, figure in command.metrics.items():
        check_plain(f"name of the metric {name[:80]!r}", name)
        if not 0 < len(name) <= _LONGEST_METRIC:
            raise InvalidInput(
                f"the name of a metric has 1 to {_LONGEST_METRIC} characters, not {len(name):,}"
            )
        _check_finite(f"the metric {name[:80]}", figure)


def _check_finite(what: str, figure: float) -> None:
    if not math.isfinite(figure):
        raise InvalidInput(f"{what} is {figure}; it must be finite")


def _check_registered(sha256: str, state: ModelLine) -> None:
    if sha256 not in state.registered:
        raise Refused(f"no model {sha256[:80]} is registered under this name; register its file first")


def _check_gate(command: PutInRole, state: ModelLine) -> None:
    """A registration without a verdict is of an earlier version: then whoever requests it has checked the file."""
    promoted = command.promotion
    if promoted.role is not ModelRole.CHAMPION or command.unproven:
        return
    if state.registered[promoted.sha256].passed_gate is False:
        raise Refused(
            f"the gate has not let {promoted.sha256[:12]} pass; make it a challenger, or promote it as unproven "
            "all the same"
        )


def promotion(
    name: str, sha256: str, role: ModelRole, reason: str, rule: str, champion: str, *, unproven: bool
) -> PutInRole:
    """The command that promotes a model while `champion` decides, empty for none."""
    replaced = champion if role is ModelRole.CHAMPION else ""
    return PutInRole(
        ModelPromoted(name=name, sha256=sha256, role=role, reason=reason, rule=rule, replaced=replaced),
        unproven,
    )
