"""Which open notices are due to be sent again, by the rule of `[alerts]`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from adapters.telegram.level import Level
from infra.alerts import AlertSettings
from infra.run.clock import utc_now
from infra.telegram.alerts import LEVELS, Found
from infra.telegram.state import StateFile
from projections.severity import Severity

_SEVERITIES: Final[Mapping[Level, Severity]] = {level: Severity(name) for name, level in LEVELS.items()}


class Reminders:
    """When each open notice was last sent is in the state's file, so that a restart repeats none early."""

    def __init__(
        self, file: StateFile, settings: AlertSettings, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._file, self._settings, self._clock = file, settings, clock
        self._waiting: set[str] = set()

    def due(self, notices: Sequence[Found]) -> Iterable[Found]:
        """The notices that are to be sent again now; `notices` are all that are open. One that was found for the first
        time is sent as an alert, and one whose last message still waits is not due."""
        now, sent = self._clock(), self._file.state.sent
        open_ = {one.id for one in notices}
        for gone in sent.keys() - open_:
            del sent[gone]
        self._waiting &= open_
        found = [one for one in notices if self._is_due(one, now)]
        sent.update(dict.fromkeys((one.id for one in found), now))
        sent.update(dict.fromkeys(open_ - sent.keys(), now))
        self._waiting.update(one.id for one in found)
        return found

    def arrived(self, notice: str) -> None:
        """The notice's message is finished."""
        self._waiting.discard(notice)

    def _is_due(self, notice: Found, now: datetime) -> bool:
        last, after = self._file.state.sent.get(notice.id), self._settings.again(_SEVERITIES[notice.level])
        if last is None or after is None or notice.id in self._waiting:
            return False
        return now - last >= after
