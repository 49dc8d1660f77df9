"""The move of a log: the event by which one storage stops, and a copy in another storage continues."""

from __future__ import annotations

from msgspec import Struct


class LogMoved(Struct, frozen=True, gc=False, kw_only=True):
    """From this event on the log continues in `storage`; in every other storage it is read-only for ever.

    `storage` is the text that names the storage of the copy (`RecordedLog.storage`), `address` where a person can find
    it, without a password. `source` is the storage of the log that was copied, empty where it is lost (`source_lost`):
    then nobody can know what it recorded after the copy's last event.
    """

    storage: str
    address: str
    source: str
    source_lost: bool
