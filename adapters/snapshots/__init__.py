"""Snapshots of an account's states, so that an engine on a long log starts without reading all of it."""

from __future__ import annotations

from adapters.snapshots.file import SnapshotFile, Unfit
from adapters.snapshots.fingerprint import fingerprint
from adapters.snapshots.snapshots import EVENTS, Snapshots

__all__ = ["EVENTS", "SnapshotFile", "Snapshots", "Unfit", "fingerprint"]
