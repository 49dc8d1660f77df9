"""Announcements for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from adapters.processes.announcement import Announcement, ProcessRole

NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)
EVERY = 5.0
ANNOUNCEMENT = Announcement(
    id="0" * 32,
    role=ProcessRole.ENGINE,
    name="main",
    host="desk",
    pid=4711,
    release="1.2.3",
    started_at=NOW - timedelta(hours=2),
    at=NOW,
    every=EVERY,
    ordinal=1_042,
    behind=0,
)
