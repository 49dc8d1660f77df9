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
from domain.errors import LogUnavailable
from infra.config import WhenceSettings
from infra.run.snapshots import kept_snapshots, snapshot_at

_log = logging.getLogger(__name__)


def remove_old_inputs(settings: WhenceSettings, log: RecorderLog, tape: RetainedTape, now: datetime) -> None:
    """Removes the sessions that ended more than `inputs_days` before `now`, as far as a kept snapshot replaces them.

    The process owns `log`, and nothing was added to `tape` yet. Inputs that cannot be removed, as without the right to
    delete records on Kafka, are kept with a warning. Raises LogCorrupt, UnknownSchema, KeyMissing; see
    `RetainedTape.remove`.
    """
    kept = kept_snapshots(settings)
    if kept is None or not settings.inputs_days:
        return
    covering = _Covering(settings, log, kept)
    try:
        begins = tape.remove(now - timedelta(days=settings.inputs_days), covering.is_covered)
    except LogUnavailable as fault:
        _log.warning("old inputs cannot be removed now; the next start tries again: %s", fault)
        return
    if begins is not None:
        _log.info(
            "inputs older than %d days were removed; the tape begins after event %d now%s",
            settings.inputs_days,
            begins.folded,
            f", with the snapshot {kept.path(begins.folded)}" if begins.folded else "",
        )
        _forget(kept, begins.folded)
    elif covering.reason:
        _log.warning(
            "inputs older than %d days are not removed, because no snapshot replaces them: %s",
            settings.inputs_days,
            covering.reason,
        )


class _Covering:
    """Finds the snapshots of sessions; `reason` is why the last session that was considered has none."""

    def __init__(self, settings: WhenceSettings, log: RecorderLog, kept: KeptSnapshots) -> None:
        self._settings, self._log, self._kept = settings, log, kept
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
        self._kept.keep(found)


def _forget(kept: KeptSnapshots, ordinal: int) -> None:
    """Removes the kept snapshots that replace inputs which are gone; one that cannot be removed only takes space."""
    try:
        kept.forget_before(ordinal)
    except OSError as fault:
        _log.warning("a kept snapshot that is not needed any more cannot be removed: %s", fault)
