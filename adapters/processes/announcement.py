"""The announcement of a process: what it runs, where, since when, how far it is, and whether it is at fault."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum

import msgspec

from adapters.versioned_record import read_versioned
from domain.errors import InvalidInput

VERSION = 1
_LONGEST = 300
_TEXTS = ("name", "host", "release", "fault")
"""The most characters of a text: a host's name has at most 253."""
_SECONDS = (0.01, 3_600.0)
_ID_DIGITS = 32
_ACCOUNT = re.compile(r"[a-z0-9]{1,30}\Z")


class ProcessRole(StrEnum):
    """What a process runs."""

    ENGINE = "engine"
    API = "api"
    TELEGRAM = "telegram"
    BOOKS = "books"
    SCAN = "scan"
    RECORD = "record"
    SHADOW = "shadow"
    NODE = "node"


class HeldLease(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A lease of a node: of this account, whose log is this partition, without a break since this time."""

    account: str
    partition: int
    since: datetime


class Announcement(
    msgspec.Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What a process states of itself, with the version of the format.

    `id` is a random name of 32 hexadecimal digits, a new one at each start. `name` distinguishes processes of one role:
    the account of an engine, the name of a scanner. `release` is the version of Whence. `at` is when this was written,
    and `every` the seconds until the next announcement. `ordinal` is the last event that the process has taken in, and
    `behind` how many events of the log follow it; None where the process reads no events. `fault` is why the process
    is not healthy, empty where it is. `has_ended` is whether this is its last announcement; `leases` are those of a
    node.
    """

    version: int = VERSION
    id: str
    role: ProcessRole
    name: str
    host: str
    pid: int
    release: str
    started_at: datetime
    at: datetime
    every: float
    ordinal: int | None = None
    behind: int | None = None
    fault: str = ""
    has_ended: bool = False
    leases: tuple[HeldLease, ...] = ()


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Announcement)


def announcement_bytes(announcement: Announcement) -> bytes:
    """The announcement as JSON that `read_announcement` accepts: a text that it would refuse is cut or respelled, so
    that many faults at once cannot hide the process.
    """
    texts = {name: _fitting(getattr(announcement, name)) for name in _TEXTS}
    return _ENCODER.encode(msgspec.structs.replace(announcement, **texts))


def _fitting(text: str) -> str:
    shown = text if text.isprintable() else "".join(one if one.isprintable() else " " for one in text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def read_announcement(written: bytes) -> Announcement:
    """The announcement in `written`. Raises InvalidInput where it is none of this version."""
    read = read_versioned(_DECODER, written, VERSION, "announcement of a process")
    for name in _TEXTS:
        text: str = getattr(read, name)
        if len(text) > _LONGEST or not text.isprintable():
            raise InvalidInput(f"{name}: it is not a printable text of at most {_LONGEST} characters")
    if len(read.id) != _ID_DIGITS or not set(read.id) <= set("0123456789abcdef"):
        raise InvalidInput(f"id: it is not {_ID_DIGITS} hexadecimal digits")
    if None in (one.tzinfo for one in (read.started_at, read.at, *(lease.since for lease in read.leases))):
        raise InvalidInput("started_at, at, leases: their times need a time zone")
    if not all(_ACCOUNT.match(lease.account) for lease in read.leases):
        raise InvalidInput("leases: an account is no name of 1 to 30 small letters and digits")
    if not _SECONDS[0] <= read.every <= _SECONDS[1]:
        raise InvalidInput(f"every: it is not from {_SECONDS[0]:g} to {_SECONDS[1]:g} seconds")
    return read
