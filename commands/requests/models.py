"""The requests that change the register of models."""

from __future__ import annotations

from collections.abc import Sequence

from commands.model import RecordDrift, RegisterModel, TakeOutOfForce, promotion
from commands.request import PromoteModel, ReportDrift, RetireModel
from commands.requests.situation import Situation
from commands.routes import Command
from domain.errors import InvalidInput, Refused
from domain.features.sets import check_fed
from domain.model import DriftFound, ModelInForce, ModelRetired, ModelRole


def register(request: RegisterModel, situation: Situation, _chain: str) -> Sequence[Command]:
    """Makes a model known. Raises Refused where the file is registered under another name."""
    known = situation.portfolio.models.registered.get(request.sha256)
    if known is not None and known.name != request.name:
        raise Refused(f"the model {request.sha256} is registered already, under the name {known.name}")
    return [request]


def promote(request: PromoteModel, situation: Situation, _chain: str) -> Sequence[Command]:
    """Gives a model a role; none where it has it.

    Raises Refused for a model that is not registered, for one that reads order books where the settings require none,
    and where a rule would make the champion a challenger: then none would decide. A person may do so. The decider
    refuses a champion that its gate has not let pass.
    """
    found, models = _known(request.sha256, situation), situation.portfolio.models
    role = models.role_of(request.sha256)
    if role is request.role:
        return []
    if role is ModelRole.CHAMPION and request.rule:
        raise Refused(
            f"the model {request.sha256} is the champion; the rule {request.rule!r} cannot make it a challenger"
        )
    check_fed(found.feature_set, has_books=situation.settings.book.required)
    champion = "" if models.champion is None else models.champion.sha256
    command = promotion(
        found.name,
        request.sha256,
        ModelRole(request.role),
        request.reason,
        request.rule or "",
        champion,
        unproven=request.unproven,
    )
    return [command]


def retire(request: RetireModel, situation: Situation, _chain: str) -> Sequence[Command]:
    """Takes the role of a model; none where it has none. Raises Refused for a model that is not registered."""
    found = _known(request.sha256, situation)
    if situation.portfolio.models.role_of(request.sha256) is None:
        return []
    retired = ModelRetired(
        name=found.name, sha256=found.sha256, reason=request.reason, rule=request.rule or ""
    )
    return [TakeOutOfForce(retired)]


def report_drift(request: ReportDrift, situation: Situation, _chain: str) -> Sequence[Command]:
    """Records a drift. Raises Refused for a model that is not registered, InvalidInput for an impossible window."""
    found = _known(request.sha256, situation)
    if request.begin.tzinfo is None or request.end.tzinfo is None or request.end < request.begin:
        raise InvalidInput("the window of a drift has two times with their zones, the first one not later")
    if request.count < 1:
        raise InvalidInput(f"the number of scores in the window is {request.count}; it must be at least 1")
    drift = DriftFound(
        name=found.name,
        sha256=found.sha256,
        subject=request.subject,
        test=request.test,
        statistic=request.statistic,
        limit=request.limit,
        count=request.count,
        begin=request.begin,
        end=request.end,
        reason=request.reason,
    )
    return [RecordDrift(drift)]


def _known(sha256: str, situation: Situation) -> ModelInForce:
    found = situation.portfolio.models.registered.get(sha256)
    if found is None:
        raise Refused(f"no model {sha256} is registered; register its file with `whence models register`")
    return found
