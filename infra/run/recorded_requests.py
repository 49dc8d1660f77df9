"""The requests of a log on candles that can be made again from its events: adopted settings, and those about models.

Candles do not hold requests. What these two did is in their events, whole, so the request follows from the event.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import assert_never

from commands.inputs import RequestMade
from commands.model import RegisterModel
from commands.request import PromoteModel, ReportDrift, Request, Requested, RetireModel
from domain.log import LogReader, Recorded
from domain.model import DriftFound, ModelEvent, ModelPromoted, ModelRegistered, ModelRetired
from domain.settings import SettingsChanged
from infra.run.adopting import ACTOR, changes_to, request_for

_VALID = timedelta(minutes=5)


def requests_in(log: LogReader) -> Sequence[RequestMade]:
    """The requests that `--adopt-settings` and the commands of the register of models made, in the order of the log."""
    found: list[RequestMade] = []
    before: SettingsChanged | None = None
    for recorded in log.read():
        meta, event = recorded.envelope.meta, recorded.envelope.event
        if isinstance(event, SettingsChanged):
            if meta.actor == ACTOR and before is not None:
                changes = changes_to(before.settings, event.settings)
                adoption = request_for(changes, meta.account, before.version, meta.recorded_at)
                found.append(RequestMade(meta.occurred_at, meta.recorded_at, adoption))
            before = event
        elif isinstance(event, ModelEvent):
            found.append(RequestMade(meta.occurred_at, meta.recorded_at, _requested(recorded, event)))
    return found


def _requested(recorded: Recorded, event: ModelEvent) -> Requested:
    meta = recorded.envelope.meta
    return Requested(
        id=f"recorded-{recorded.ordinal}",
        account=meta.account,
        actor=meta.actor,
        valid_until=meta.recorded_at + _VALID,
        request=_request_of(event),
    )


def _request_of(event: ModelEvent) -> Request:
    """The request behind the event. The event states no `unproven`: the gate was judged when it was made."""
    match event:
        case ModelRegistered():
            return RegisterModel(
                name=event.name,
                sha256=event.sha256,
                feature_set=event.feature_set,
                data_from=event.data_from,
                data_until=event.data_until,
                labels=event.labels,
                seed=event.seed,
                reason=event.reason,
                metrics=event.metrics,
                passed_gate=event.passed_gate,
            )
        case ModelPromoted():
            return PromoteModel(
                sha256=event.sha256,
                role=event.role,
                reason=event.reason,
                rule=event.rule or None,
                unproven=True,
            )
        case ModelRetired():
            return RetireModel(sha256=event.sha256, reason=event.reason, rule=event.rule or None)
        case DriftFound():
            return ReportDrift(
                sha256=event.sha256,
                subject=event.subject,
                test=event.test,
                statistic=event.statistic,
                limit=event.limit,
                count=event.count,
                begin=event.begin,
                end=event.end,
                reason=event.reason,
            )
        case _:
            assert_never(event)
