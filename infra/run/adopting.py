"""A changed `whence.toml` beside an older log: the changed settings are put in force from the log's end on.

They are a request like those of people, so the log records them with a cause that no tape has, and recalls them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import cast

from commands.request import ChangeSettings, PauseStrategy, Requested, SubmitSettings
from domain.adjusting import names
from domain.errors import TapeMismatch
from domain.log import Envelope, LogReader
from domain.settings import Settings, SettingsChanged
from infra.run.plan import Plan

ACTOR = "settings"
"""The actor of the request, in place of a person."""
_VALID = timedelta(minutes=5)


def settings_at_the_end(log: LogReader) -> SettingsChanged | None:
    """The last change of settings in the log; None where it has none."""
    last: SettingsChanged | None = None
    for recorded in log.read():
        if isinstance(recorded.envelope.event, SettingsChanged):
            last = recorded.envelope.event
    return last


def can_be_adopted(opened: Settings, configured: Settings) -> bool:
    """Whether only settings differ that may change in a log: what the engine is made with is fixed.

    Those are the strategies, the filters, regimes and leverage, which read the tape from its start, and the simulated
    exchange.
    Groups are fixed, too: an adoption is a request that names single settings, and groups have no such name.
    """
    return _fixed(opened) == _fixed(configured)


def _fixed(settings: Settings) -> tuple[object, ...]:
    return (
        settings.strategies,
        settings.filters,
        settings.regimes,
        settings.leverage,
        settings.groups,
        settings.simulation,
    )


def changes_to(in_force: Settings, configured: Settings) -> Mapping[str, str]:
    """The changeable settings that differ, by dotted name, with their configured values as text."""
    before = names(in_force)
    return {name: _spelled(value) for name, value in names(configured).items() if before[name] != value}


def request_for(
    changes: Mapping[str, str], account: str, version: int, now: datetime, reason: str | None = None
) -> Requested:
    """The request that makes these changes to the settings with this version."""
    of = (version, sorted(changes.items()))
    return requested_by_settings(ChangeSettings(changes, reason), account, of, now, named="adopt")


def requested_by_settings(
    request: ChangeSettings | SubmitSettings | PauseStrategy,
    account: str,
    of: tuple[int, Sequence[tuple[str, str]]],
    now: datetime,
    *,
    named: str = "reload",
) -> Requested:
    """The request of the settings file; its id begins with `named`, and is a digest of `of`.

    `of` is a count of the changes so far with the values by name, so that the same values are requested again later.
    """
    digest = blake2b(repr(of).encode(), digest_size=8).hexdigest()
    return Requested(
        id=f"{named}-{digest}", account=account, actor=ACTOR, valid_until=now + _VALID, request=request
    )


class AdoptionCheck:
    """Finds out whether the settings that the log adopted last are those of the plan.

    Without it, a `whence.toml` that was set back to the settings of the log's opening would have no effect in silence.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._adopted: SettingsChanged | None = None

    def seeing(self, seen: Callable[[Envelope], None]) -> Callable[[Envelope], None]:
        """`seen`, which also notices an adoption; `seen` itself where the plan adopts its settings anyway."""
        if self._plan.adopt:
            return seen

        def noticing(envelope: Envelope) -> None:
            if type(envelope.event) is SettingsChanged and envelope.meta.actor == ACTOR:
                self._adopted = envelope.event
            seen(envelope)

        return noticing

    def check(self) -> None:
        """Raises TapeMismatch where the log has adopted other settings; nothing is checked a second time."""
        adopted, self._adopted = self._adopted, None
        if adopted is None:
            return
        planned = [one for one in (self._plan.settings, self._plan.older) if one is not None]
        changes = [changes_to(adopted.settings, one) for one in planned]
        if all(changes):
            raise TapeMismatch(
                f"this log has adopted settings with another {', '.join(changes[0])} (version {adopted.version}); "
                "configure those, or give --adopt-settings to put the configured ones in force"
            )


def _spelled(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, cast("tuple[object, ...]", value)))
    return str(value).lower() if isinstance(value, bool) else str(value)
