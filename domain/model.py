"""The register of models: which are known, which one decides, which ones only score, and where data has drifted.

A model is a file of plain JSON, known by the SHA-256 of its bytes; the log holds no file. A name is a line of models
that replace each other. One model of the account decides, the CHAMPION, whatever its name; any number are CHALLENGER:
they score the same signals, and what they return is recorded. It decides nothing, unless the settings name it for arm B
(`domain/arms`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from msgspec import Struct, field
from msgspec.structs import replace


class ModelRole(StrEnum):
    """CHAMPION: its score is voted on. CHALLENGER: its scores are recorded beside, and decide in arm B at most."""

    CHAMPION = "CHAMPION"
    CHALLENGER = "CHALLENGER"


class ModelRegistered(Struct, frozen=True, gc=False, kw_only=True):
    """A model is known by the SHA-256 of its file, in hexadecimal; it scores nothing before it is promoted.

    `feature_set` is the set that it reads, with its version, as `core.1`. It was trained with `seed` on `labels` rows
    whose signals are in `data_from` … `data_until` (UTC); `metrics` are its figures of validation, by
    name. `reason` is that of whoever registered it. `passed_gate` is whether the gate of its file has let it pass;
    None in a registration of before version 2 of the event.
    """

    name: str
    sha256: str
    feature_set: str
    data_from: datetime
    data_until: datetime
    labels: int
    seed: int
    metrics: Mapping[str, float]
    reason: str
    passed_gate: bool | None = None


class ModelPromoted(Struct, frozen=True, gc=False, kw_only=True):
    """The model has this role from this event on. `replaced` is the SHA-256 of the champion before, empty for none.

    `rule` names the rule that promoted it, empty where a person did; `reason` is the rule's or the person's.
    """

    name: str
    sha256: str
    role: ModelRole
    reason: str
    rule: str = ""
    replaced: str = ""


class ModelRetired(Struct, frozen=True, gc=False, kw_only=True):
    """The model scores nothing any more. It stays known, and can be promoted again. `rule` is as in `ModelPromoted`."""

    name: str
    sha256: str
    reason: str
    rule: str = ""


class DriftFound(Struct, frozen=True, gc=False, kw_only=True):
    """A feature, or the outcome of the scored trades, is not as in training.

    `subject` is the feature's name, or `outcome.brier` or `outcome.win`. `test` is the test's name, whose `statistic`
    is beyond `limit` over the `count` scores or trades from `begin` to `end` (UTC); of ADWIN they are the means after
    and before the change. `reason` is that of whoever looked for it.
    """

    name: str
    sha256: str
    subject: str
    test: str
    statistic: float
    limit: float
    count: int
    begin: datetime
    end: datetime
    reason: str


ModelEvent = ModelRegistered | ModelPromoted | ModelRetired | DriftFound


class ModelLine(Struct, frozen=True, gc=False):
    """The models of one name: by SHA-256 the registration of each. Roles are of the account: see `ModelsInForce`."""

    registered: Mapping[str, ModelRegistered] = field(default_factory=dict[str, ModelRegistered])


NO_LINE = ModelLine()


def evolve(state: ModelLine, event: ModelEvent) -> ModelLine:
    """The models of the name after the event."""
    match event:
        case ModelRegistered():
            return replace(state, registered={**state.registered, event.sha256: event})
        case ModelPromoted() | ModelRetired() | DriftFound():
            return state
        case _:
            assert_never(event)


class ModelInForce(Struct, frozen=True, gc=False):
    """A model that scores, and the feature set that it reads.

    `passed_gate` is whether its registration states that its gate has let it pass.
    """

    name: str
    sha256: str
    feature_set: str
    passed_gate: bool = False


class ModelsInForce(Struct, frozen=True, gc=False):
    """The account's models over all names. `registered` has, by SHA-256, every model that is known.

    `champion` is None where none decides; `before` is the SHA-256 of the last other champion, empty for none: the one
    that was replaced, retired or made a challenger.
    """

    registered: Mapping[str, ModelInForce] = field(default_factory=dict[str, ModelInForce])
    champion: ModelInForce | None = None
    challengers: tuple[ModelInForce, ...] = ()
    before: str = ""

    @property
    def is_scoring(self) -> bool:
        """Whether any model scores."""
        return self.champion is not None or bool(self.challengers)

    @property
    def scoring(self) -> tuple[tuple[ModelRole, ModelInForce], ...]:
        """The models that score an entry, the champion first."""
        if not self.is_scoring:
            return ()
        beside = tuple((ModelRole.CHALLENGER, one) for one in self.challengers)
        return beside if self.champion is None else ((ModelRole.CHAMPION, self.champion), *beside)

    def role_of(self, sha256: str) -> ModelRole | None:
        """The role of a model; None without one."""
        return next((role for role, one in self.scoring if one.sha256 == sha256), None)


NO_MODELS = ModelsInForce()


def in_force_after(models: ModelsInForce, event: ModelEvent) -> ModelsInForce:
    """The account's models after the event. Raises ValueError for a promotion of a model that is not registered."""
    match event:
        case ModelRegistered():
            known = ModelInForce(event.name, event.sha256, event.feature_set, event.passed_gate is True)
            return replace(models, registered={**models.registered, event.sha256: known})
        case ModelPromoted():
            return _promoted(models, event)
        case ModelRetired():
            return _retired(models, event.sha256)
        case DriftFound():
            return models
        case _:
            assert_never(event)


def _promoted(models: ModelsInForce, event: ModelPromoted) -> ModelsInForce:
    found = models.registered.get(event.sha256)
    if found is None:
        raise ValueError(f"the model {event.sha256} was promoted before it was registered")
    others = tuple(one for one in models.challengers if one.sha256 != event.sha256)
    if event.role is ModelRole.CHAMPION:
        before = event.replaced or ("" if models.before == event.sha256 else models.before)
        return replace(models, champion=found, challengers=others, before=before)
    champion, before = models.champion, models.before
    if champion is not None and champion.sha256 == event.sha256:
        champion, before = None, event.sha256
    return replace(models, champion=champion, challengers=(*others, found), before=before)


def _retired(models: ModelsInForce, sha256: str) -> ModelsInForce:
    others = tuple(one for one in models.challengers if one.sha256 != sha256)
    if models.champion is None or models.champion.sha256 != sha256:
        return replace(models, challengers=others)
    return replace(models, champion=None, challengers=others, before=sha256)
