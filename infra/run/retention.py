"""Removes old inputs from the tape of a log (`inputs_days`), and keeps the snapshot that a replay begins with instead.

The order is: the snapshot is copied, read and brought to the disk; the inputs are removed; earlier kept snapshots are
removed. So a process that ends between two of these steps leaves a tape that can be replayed.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from adapters.inputs.retention import RetainedTape
from adapters.log.recorder_log import RecorderLog
from adapters.snapshots import KeptSnapshots, Unfit
from commands.input_tape import SessionBegun
from domain.errors import KeyMissing, LogCorrupt, LogUnavailable, UnknownSchema
from infra.config import WhenceSettings
from infra.run.snapshots import kept_snapshots, snapshot_at

_log = logging.getLogger(__name__)


def remove_old_inputs(settings: WhenceSettings, log: RecorderLog, tape: RetainedTape, now: datetime) -> None:
    """Removes the sessions that ended more than `inputs_days` before `now`, as far as a kept snapshot replaces them.

    Then it removes the files that replace nothing, also those of a start that was killed between two steps.

    The process owns `log`, and nothing was added to `tape` yet. What cannot be removed, as without the right to delete
    records on Kafka, is kept with a warning. Raises LogCorrupt, UnknownSchema, KeyMissing; see `RetainedTape.remove`.
    """
    kept = kept_snapshots(settings)
    if kept is None:
        return
    if settings.inputs_days:
        _remove(settings.inputs_days, _Covering(settings, log, kept), tape, now)
    _tidy(kept, tape)


def _remove(days: int, covering: _Covering, tape: RetainedTape, now: datetime) -> None:
    try:
        begins = tape.remove(now - timedelta(days=days), covering.is_covered)
    except LogUnavailable as fault:
        _log.warning("old inputs cannot be removed now; the next start tries again: %s", fault)
        return
    if begins is not None:
        _log.info(
            "inputs older than %d days were removed; the tape begins after event %d now%s",
            days,
            begins.folded,
            f", with the snapshot {covering.kept.path(begins.folded)}" if begins.folded else "",
        )
    elif covering.reason:
        _log.warning(
            "inputs older than %d days are not removed, because no snapshot replaces them: %s",
            days,
            covering.reason,
        )


def _tidy(kept: KeptSnapshots, tape: RetainedTape) -> None:
    """Removes unfinished copies, and the kept snapshots that replace inputs which are gone."""
    try:
        kept.forget_unfinished()
        if kept.ordinals() and (begins := tape.begins()) is not None:
            kept.forget_before(begins.folded)
    except (OSError, LogUnavailable, LogCorrupt, UnknownSchema, KeyMissing) as fault:
        _log.warning("a kept snapshot that is not needed any more cannot be removed: %s", fault)


class _Covering:
    """Finds the snapshots of sessions; `reason` is why the last session that was considered has none."""

    def __init__(self, settings: WhenceSettings, log: RecorderLog, kept: KeptSnapshots) -> None:
        self._settings, self._log, self.kept = settings, log, kept
        self.reason = ""

    def is_covered(self, session: SessionBegun) -> bool:
        """See `adapters.inputs.retention.Covered`."""
        if not session.folded:
            return True
        try:
            self._keep(session)
        except (Unfit, OSError) as fault:
            self.reason = f"the snapshot at event {session.folded}: {fault}"
            return False
        return True

    def _keep(self, session: SessionBegun) -> None:
        """Keeps the snapshot at the event after which the session begins. Raises Unfit, OSError."""
        found = snapshot_at(self._settings, session.folded)
        if found.link.log_id != session.log_id.bytes or self._log.link(session.folded) != found.link:
            raise Unfit("it is of another log, or of events that this log does not have")
        self.kept.keep(found)
