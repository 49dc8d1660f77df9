"""A dead letter: what could not be understood, why, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b, sha256
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from adapters.dead_letters.state import LetterSource, LetterState

MOST_BYTES = 256 * 1024
"""The bytes of an original that are kept. Of a longer one the first ones are kept, its whole length and its SHA-256."""
MOST_REASON = 500
"""The characters of a reason that are kept."""


class DeadLetter(Struct, frozen=True, gc=False, kw_only=True):
    """A letter without its original.

    `place` is where the original came from: a venue, or `<topic>[<partition>]@<offset>`. `size` is the original's whole
    length in bytes, `digest` its SHA-256 (hexadecimal), and `kept` the number of its bytes that are kept. `changes`
    counts the changes; `changed_by`, `changed_at` and `note` are those of the last one. `is_due` is whether an engine
    has still to take in what can be read by now.
    """

    id: str
    source: LetterSource
    place: str
    received_at: datetime
    reason: str
    size: int
    digest: str
    kept: int
    signature: bytes
    retries: int = 0
    state: LetterState = LetterState.NEW
    is_due: bool = False
    changes: int = 0
    changed_at: datetime | None = None
    changed_by: str = ""
    note: str = ""

    @property
    def is_count(self) -> bool:
        """Whether the letter stands for others, which were counted and not kept."""
        return not self.size and "@" not in self.place

    @property
    def is_whole(self) -> bool:
        """Whether the whole original is kept."""
        return self.kept == self.size


def unchanged(letter: DeadLetter) -> DeadLetter:
    """The letter as it was kept, before every change."""
    return replace(
        letter,
        retries=0,
        state=LetterState.NEW,
        is_due=False,
        changes=0,
        changed_at=None,
        changed_by="",
        note="",
    )


class Arrival(NamedTuple):
    """A letter that is to be kept, with the bytes of its original that are kept; not signed yet."""

    letter: DeadLetter
    original: bytes


def arrival(
    source: LetterSource, place: str, received_at: datetime, reason: str, original: bytes, key: str = ""
) -> Arrival:
    """The letter of an original that could not be understood.

    Letters of one source, place, `key` and original have the same id and are kept once. `received_at` is in UTC.
    """
    digest = sha256(original).hexdigest()
    kept = original[:MOST_BYTES]
    letter = DeadLetter(
        id=_id(source, place, key, digest),
        source=source,
        place=_storable(place),
        received_at=received_at.astimezone(UTC),
        reason=_storable(reason[:MOST_REASON]),
        size=len(original),
        digest=digest,
        kept=len(kept),
        signature=b"",
    )
    return Arrival(letter, kept)


class SignedLetter(NamedTuple):
    """What the signature of a letter covers.

    Nobody without a key of the installation can bring a message into the engine by adding or changing a letter.
    """

    letter: DeadLetter
    original: bytes

    @property
    def purpose(self) -> bytes:
        """See `adapters.marks.signature.Signable`."""
        return b"whence letter 01"

    @property
    def parts(self) -> Sequence[bytes]:
        """See `adapters.marks.signature.Signable`."""
        letter = self.letter
        texts = (letter.id, letter.source, letter.place, letter.received_at.isoformat(), letter.reason)
        figures = (str(letter.size), letter.digest)
        return [*(text.encode() for text in (*texts, *figures)), self.original]


def _storable(text: str) -> str:
    """The text as every store can hold it: PostgreSQL has no NUL and no half of a surrogate pair in a text."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{SYMBOL FOR NULL}")


def _id(*parts: str) -> str:
    """A hash of the parts, 16 hexadecimal digits."""
    made = blake2b(digest_size=8)
    for part in parts:
        made.update(len(part).to_bytes(4, "big") + part.encode("utf-8", "surrogatepass"))
    return made.hexdigest()
