"""The manifest of a backup: which segments it consists of. It is written last; without one there is no backup."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from adapters.backup.place import Place
from adapters.backup.segment import EVENTS, TAPE, Segment
from domain.errors import InvalidInput, LogCorrupt

MANIFESTS: Final = "manifests"
STORE: Final = "store"
_NAME: Final = re.compile(rf"{MANIFESTS}/(\d{{8}})\.json")


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One backup of one log.

    `number` counts the backups of a place from 1; `made_at` is the time of this machine's clock (UTC). `events` is the
    last ordinal, `leaf` the hash of its leaf, and `tree` the nodes that cover the notary's tree over all events (RFC
    6962), which give its root. `segments` have the events from 1 on, `tape` those of the inputs, of which the first
    restored one has the number `tape_from`. `store` is the SHA-256 of the rows of the store that no log can rebuild;
    empty where there is no store. `keys` are the ids of the installation's keys, of which a restored log needs the
    files, and `notary` the notary's public key; empty where this user has none for the log. Hashes are hexadecimal.

    `signature` is that of all of this with the installation's newest key; empty where the log could not be verified.
    `without_tape` is why the log's tape is not in the backup; empty where it is, or where the log has none.
    """

    number: int
    made_at: datetime
    log: str
    events: int
    leaf: str
    tree: list[str]
    segments: list[Segment]
    tape: list[Segment]
    tape_from: int
    store: str
    keys: list[str]
    notary: str = ""
    without_tape: str = ""
    unproven: bool = False
    signature: str = ""

    @property
    def purpose(self) -> bytes:
        """See `adapters.marks.signature.Signable`."""
        return b"whence backup 02"

    @property
    def parts(self) -> Sequence[bytes]:
        """See `adapters.marks.signature.Signable`."""
        return (msgspec.json.encode(replace(self, signature="")),)

    @property
    def files(self) -> frozenset[str]:
        """The names of the files that the backup needs."""
        found = [one.name(EVENTS) for one in self.segments] + [one.name(TAPE) for one in self.tape]
        return frozenset(found + ([store_name(self.store)] if self.store else []))


def store_name(digest: str) -> str:
    """The name of the file with the rows of the store."""
    return f"{STORE}/{digest}.{STORE}"


def manifest_name(number: int) -> str:
    """The name of the manifest with this number."""
    return f"{MANIFESTS}/{number:08d}.json"


def numbers(place: Place) -> Sequence[int]:
    """The numbers of the backups in the place, in the order in which they were made."""
    found = (_NAME.fullmatch(one) for one in place.names(MANIFESTS))
    return sorted(int(one[1]) for one in found if one is not None)


def read_manifest(place: Place, number: int) -> Manifest:
    """The backup with this number.

    Raises InvalidInput where there is none, and LogCorrupt where the file does not state what a backup consists of.
    """
    if number not in numbers(place):
        raise InvalidInput(f"{place} has no backup {number}: `whence backup --list` lists those that it has")
    name = manifest_name(number)
    try:
        found = msgspec.json.decode(place.read(name), type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise LogCorrupt(f"{place}/{name} does not state what the backup consists of: {fault}") from None
    _check(found, f"{place}/{name}", number)
    return found


def encoded(manifest: Manifest) -> bytes:
    """The manifest as a file."""
    return msgspec.json.format(msgspec.json.encode(manifest)) + b"\n"


def _check(manifest: Manifest, name: str, number: int) -> None:
    last = 0
    for one in manifest.segments:
        if one.first != last + 1 or one.last < one.first:
            raise LogCorrupt(f"{name}: no segment has event {last + 1}")
        last = one.last
    if (manifest.number, manifest.events) != (number, last):
        raise LogCorrupt(
            f"{name} states backup {manifest.number} of {manifest.events} events, its segments {last}"
        )
