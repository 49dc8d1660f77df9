"""Signed announcements: what is written of one, and what is believed of what was read."""

from __future__ import annotations

from adapters.marks.signature import Message, Signer
from adapters.processes.announcement import Announcement, announcement_bytes, read_announcement
from adapters.processes.place import Announced
from domain.errors import InvalidInput, KeyMissing, MarkRefused

_NOT_BELIEVED = (InvalidInput, KeyMissing, MarkRefused)


def signed(announcement: Announcement, place: str, signer: Signer) -> tuple[bytes, bytes]:
    """The announcement's bytes and their signature, which is valid in this place alone."""
    value = announcement_bytes(announcement)
    return value, signer.signature(_content(announcement.id, value, place))


def believed(key: str, value: bytes, signature: bytes | None, place: str, signer: Signer) -> Announced:
    """What is believed of a record that was found under `key` in a place."""
    try:
        signer.check(_content(key, value, place), signature)
        found = read_announcement(value)
        if found.id != key:
            raise InvalidInput("it is the announcement of another process")
    except _NOT_BELIEVED as fault:
        return Announced(key, None, str(fault))
    return Announced(key, found)


def _content(key: str, value: bytes, place: str) -> Message:
    return Message(place, key.encode(), b"", value)
