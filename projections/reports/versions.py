"""Which version of the policy and which strategies decided, and since when: their promotions are rows of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.log import Recorded
from domain.settings import SettingsChanged, StrategySettings, limit_text
from domain.signal import DecisionMade


@dataclass(frozen=True, slots=True)
class Version:
    """What decided from the decision at `ordinal` on, which was made at `at` (UTC).

    `policy` is the version of the committees' policy. `strategies` are those of the settings with the version
    `settings`, which `actor` put in force. `decisions` counts those of the period.
    """

    ordinal: int
    at: datetime
    policy: int
    settings: int
    actor: str
    strategies: Sequence[str]
    decisions: int = 1

    def as_json(self) -> Mapping[str, object]:
        """The fields without the time, which the report adds."""
        return {
            "ordinal": self.ordinal,
            "policy_version": self.policy,
            "settings_version": self.settings,
            "actor": self.actor,
            "strategies": list(self.strategies),
            "decisions": self.decisions,
        }


class Versions:
    """Folds a log into the versions that decided. `found` are those of the period, in order."""

    def __init__(self) -> None:
        self.found: list[Version] = []
        self._settings: dict[int, tuple[str, Sequence[str]]] = {}

    def settings(self, recorded: Recorded, event: SettingsChanged) -> None:
        """Keeps who recorded the settings, and their strategies; also of settings before the period."""
        strategies = [_spelled(one) for one in event.settings.strategies]
        self._settings[event.version] = recorded.envelope.meta.actor, strategies

    def decision(self, recorded: Recorded, event: DecisionMade) -> None:
        """Counts a decision of the period; begins a row where policy or strategies are others than before it."""
        policy, settings = event.policy_version, event.settings_version
        actor, strategies = self._settings.get(settings, ("", ()))
        last = self.found[-1] if self.found else None
        if last is not None and (last.policy, last.strategies) == (policy, strategies):
            self.found[-1] = replace(last, decisions=last.decisions + 1)
            return
        at = recorded.envelope.meta.occurred_at
        self.found.append(Version(recorded.ordinal, at, policy, settings, actor, strategies))


def _spelled(one: StrategySettings) -> str:
    """The strategy as `whence what-if --strategy` takes it."""
    name = one.kind if one.instance == one.kind else f"{one.instance}={one.kind}"
    limits = {name: limit_text(value) for name, value in one.own_limits.items()}
    given = {**({"interval": one.interval} if one.interval else {}), **limits, **one.parameters}
    return " ".join([name, *(f"{key}={value}" for key, value in given.items())])
