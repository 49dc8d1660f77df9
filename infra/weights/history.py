"""The weights that were in force in a log, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from domain.settings import SettingsChanged
from domain.weights.settings import NO_WEIGHTS, WeightSettings
from infra.config import WhenceSettings
from infra.logs import open_reader


@dataclass(frozen=True, slots=True)
class WeightsChange:
    """The weights of one version of the settings, from the event with `ordinal` on. Times are UTC."""

    version: int
    ordinal: int
    at: datetime
    actor: str
    reason: str
    weights: WeightSettings


def changes_of(settings: WhenceSettings) -> Sequence[WeightsChange]:
    """The first weights of the account, where it has any settings, and every change of them, in order of the log.

    Raises the log's errors.
    """
    found: list[WeightsChange] = []
    with closing(open_reader(settings)) as log:
        for recorded in log.read():
            event, meta = recorded.envelope.event, recorded.envelope.meta
            if not isinstance(event, SettingsChanged) or meta.account != settings.account:
                continue
            before = found[-1].weights if found else NO_WEIGHTS
            if not found or event.settings.weights != before:
                found.append(
                    WeightsChange(
                        event.version,
                        recorded.ordinal,
                        meta.occurred_at,
                        meta.actor,
                        event.reason,
                        event.settings.weights,
                    )
                )
    return found
