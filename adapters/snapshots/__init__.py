"""Snapshots of an account's states, so that an engine on a long log starts without reading all of it."""

from __future__ import annotations

from adapters.snapshots.file import OtherProgram, SnapshotFile, Unfit
from adapters.snapshots.fingerprint import fingerprint
from adapters.snapshots.kept import KeptSnapshots
from adapters.snapshots.snapshots import EVENTS, Snapshots

__all__ = ["EVENTS", "KeptSnapshots", "OtherProgram", "SnapshotFile", "Snapshots", "Unfit", "fingerprint"]
