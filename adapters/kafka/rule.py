"""The rule by which every reader of a log with marks accepts a record as the next event, or refuses it.

A record is an event if it carries a valid mark in the header `whence_mark`. The events of an earlier version have no
marks. They are accepted by their content, until a seal follows them: a record with the key `whence-seal`, whose mark
covers the digest of all events before it. A log that began with marks accepts no record without one.

A reader without the log's key accepts by content and by the order of the marks only: it reads the log as unverified.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from struct import Struct
from typing import Final, NamedTuple

from adapters.kafka.record import MARK, Entry, Headers
from adapters.marks.chain import Chain, LogIdOf, check_place, missing, unsealed
from adapters.marks.key_folder import KeyFolder, Keys, newest
from adapters.marks.mark import Link, Mark, Marked, is_genuine, signed_mark
from domain.errors import KeyMissing, MarkRefused, NotSealed

SEAL: Final = "whence-seal"
"""The key of the record that seals the events before it."""

_STATE: Final = Struct(">16sq16sq8s32sq8s")
_NO_KEY: Final = bytes(8)

Content = Callable[[bytes, int, Entry], None]
"""Checks a record without its mark: (the log's id or zeros, the ordinal, the record). Raises MarkRefused."""


class Proof(NamedTuple):
    """How far a log was read, and what is known of its marks.

    `digest` is that of the events without marks (32 bytes), `sealed` their number. `unknown` is the id of the key that
    an unverified reader lacks; empty for other readers.
    """

    link: Link = Link()
    digest: bytes = bytes(32)
    sealed: int = 0
    unknown: bytes = b""

    @property
    def is_marked(self) -> bool:
        """Whether the next event must have a mark."""
        return bool(self.link.key)

    @property
    def unverified(self) -> str:
        """Why the events are not verified; empty where they are, or where there are none."""
        if self.unknown:
            return str(missing(self.unknown))
        return unsealed(self.link.ordinal) if self.link.ordinal and not self.is_marked else ""

    @property
    def packed(self) -> bytes:
        """The proof as the index stores it."""
        log_id, ordinal, code, epoch, key = self.link
        return _STATE.pack(
            log_id, ordinal, code, epoch, key or _NO_KEY, self.digest, self.sealed, self.unknown or _NO_KEY
        )

    @classmethod
    def unpacked(cls, stored: bytes) -> Proof:
        """The proof in `stored`."""
        log_id, ordinal, code, epoch, key, digest, sealed, unknown = _STATE.unpack(stored)
        link = Link(log_id, ordinal, code, epoch, key.removeprefix(_NO_KEY))
        return cls(link, digest, sealed, unknown.removeprefix(_NO_KEY))


class Rule:
    """Accepts the records of one log, and signs those of its owner.

    `folder` is None for a reader.
    """

    def __init__(self, keys: Keys, log_id_of: LogIdOf, content: Content, folder: KeyFolder | None) -> None:
        self.keys, self._log_id_of, self._content, self._folder = keys, log_id_of, content, folder

    @property
    def name(self) -> str:
        """Names the keys of a reader, because its index is true only for the keys with which it was made."""
        return "owner" if self._owning else ",".join(key.hex() for key in self.keys) or "none"

    def after(self, proof: Proof, ordinal: int, entry: Entry) -> Proof:
        """The proof with `entry` as the event at `ordinal`.

        Raises MarkRefused where it is no event of this log. Raises KeyMissing where the log's owner lacks its key.
        """
        mark = entry.mark
        if proof.unknown:
            return self._unverified(proof, ordinal, entry, mark)
        if mark is None and not proof.is_marked:
            return self._unmarked(proof, ordinal, entry)
        if proof.link.ordinal and not proof.is_marked:
            raise MarkRefused("it has a mark, but the events before it are not sealed")
        chain = Chain(self.keys, self._log_id_of, proof.link)
        try:
            link = chain.verified(ordinal, mark, marked_of(entry))
            return Proof(link, proof.digest, proof.sealed)
        except KeyMissing:
            if self._owning:
                raise
            return self._unverified(proof, ordinal, entry, mark)

    def sealed(self, proof: Proof, stored: bytes | None) -> Proof:
        """The proof after a seal with the mark `stored`. Raises what `after` raises."""
        if proof.is_marked or stored is None:
            raise MarkRefused("it seals nothing")
        mark = Mark.unpacked(stored)
        if mark.ordinal != proof.link.ordinal:
            raise MarkRefused(f"it seals {mark.ordinal} events, and {proof.link.ordinal} are before it")
        key = self.keys.get(mark.key)
        unknown = b"" if key is not None else mark.key
        if key is not None and not is_genuine(mark, key, proof.link.log_id, _seal(proof)):
            raise MarkRefused(
                f"its mark was not made with key {mark.key.hex()} for the events before it: one of them was changed, "
                "or this installation did not write it"
            )
        if key is None and self._owning:
            raise missing(mark.key)
        link = proof.link._replace(code=mark.code, epoch=mark.epoch, key=mark.next_key)
        return Proof(link, proof.digest, mark.ordinal, unknown)

    def seal(self, proof: Proof) -> bytes:
        """The mark of a seal of all events so far."""
        self._make_first_key()
        key = newest(self.keys)
        unsigned = Mark(key.id, key.id, proof.link.epoch, proof.link.ordinal, proof.digest[:16], b"")
        return signed_mark(unsigned, key, proof.link.log_id, _seal(proof)).packed

    def signed(
        self, proof: Proof, events: Iterable[tuple[int, Marked]], epoch: int
    ) -> tuple[Sequence[bytes], Proof]:
        """The marks of new events with their ordinals, and the proof with them."""
        marks, link = Chain(self.keys, self._log_id_of, proof.link).signed(events, epoch)
        return marks, proof._replace(link=link)

    def confirms(self, proof: Proof, ordinal: int, entry: Entry) -> bool:
        """Whether `entry` is the event at `ordinal`, which the index holds already."""
        if not proof.is_marked or ordinal <= proof.sealed:
            return True
        try:
            mark = Mark.unpacked(entry.mark or b"")
        except MarkRefused:
            return False
        key = self.keys.get(mark.key)
        if mark.ordinal != ordinal or (key is None and not proof.unknown):
            return False
        return key is None or is_genuine(mark, key, proof.link.log_id, marked_of(entry))

    def own(self, proof: Proof) -> None:
        """Prepares for signing; the first key is made for an empty log.

        Raises NotSealed where the log has events from before marks that nobody has sealed. Raises KeyMissing where the
        key that must sign the next event is not at hand, and KeyRefused where no key can be made.
        """
        if not proof.link.ordinal:
            self._make_first_key()
        if proof.link.ordinal and not proof.is_marked:
            raise NotSealed(unsealed(proof.link.ordinal))
        if proof.is_marked and proof.link.key not in self.keys:
            raise missing(proof.link.key)

    @property
    def _owning(self) -> bool:
        return self._folder is not None

    def _make_first_key(self) -> None:
        if not self.keys and self._folder is not None:
            self.keys = self._folder.made()

    def _unmarked(self, proof: Proof, ordinal: int, entry: Entry) -> Proof:
        self._content(proof.link.log_id, ordinal, entry)
        log_id = proof.link.log_id if ordinal > 1 else self._log_id_of(entry.state)
        digest = sha256(proof.digest + _digested(entry)).digest()
        return Proof(Link(log_id, ordinal), digest)

    def _unverified(self, proof: Proof, ordinal: int, entry: Entry, stored: bytes | None) -> Proof:
        if stored is None:
            raise MarkRefused("it has no mark")
        mark, link = Mark.unpacked(stored), proof.link
        check_place(mark, link, ordinal)
        self._content(link.log_id, ordinal, entry)
        log_id = link.log_id if ordinal > 1 else self._log_id_of(entry.state)
        after = Link(log_id, ordinal, mark.code, mark.epoch, mark.next_key)
        return proof._replace(link=after, unknown=proof.unknown or mark.key)


def marked_of(entry: Entry) -> Marked:
    """What a mark covers of a record."""
    return Marked(entry.stream, entry.version, entry.topic, entry.state)


def with_mark(headers: Headers, mark: bytes) -> list[tuple[str, bytes]]:
    """The headers of a record with this mark."""
    return [*headers, (MARK, mark)]


def _seal(proof: Proof) -> Marked:
    return Marked(SEAL, 0, "", proof.digest)


def _digested(entry: Entry) -> bytes:
    return repr((entry.stream, entry.version, entry.topic)).encode() + entry.state
