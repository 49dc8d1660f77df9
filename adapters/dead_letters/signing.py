"""Signs letters and their changes with the installation's key, and verifies both."""

from __future__ import annotations

from functools import cached_property

from msgspec.structs import replace

from adapters.dead_letters.changes import Change, SignedChange, last_change
from adapters.dead_letters.letter import Arrival, DeadLetter, SignedLetter, unchanged
from adapters.marks.key_folder import KeyFolder
from adapters.marks.signature import Signable, Signer
from domain.errors import KeyMissing, KeyRefused, MarkRefused


class LetterSigner:
    """Signs what this program keeps. What it has not signed is neither read again nor believed."""

    def __init__(self, keys: KeyFolder) -> None:
        self._keys = keys

    def signed(self, arrival: Arrival) -> DeadLetter:
        """The letter with its signature. Raises KeyRefused."""
        return replace(arrival.letter, signature=self._signer.signature(SignedLetter(*arrival)))

    def signature(self, change: Change) -> bytes:
        """The signature of the change. Raises KeyRefused."""
        return self._signer.signature(SignedChange(change))

    def check(self, letter: DeadLetter, original: bytes) -> None:
        """Raises MarkRefused, KeyMissing or KeyRefused, with the id, where letter and original are not as they were
        kept."""
        try:
            self._signer.check(SignedLetter(letter, original), letter.signature)
        except (MarkRefused, KeyMissing) as fault:
            raise type(fault)(f"letter {letter.id} is not read: {fault}") from None

    def is_genuine(self, letter: DeadLetter, original: bytes) -> bool:
        """Whether letter and original are as they were kept."""
        return not self._fault(SignedLetter(letter, original), letter.signature)

    def refusal(self, change: Change, signature: bytes | None) -> str:
        """Why the change is not believed; empty where this installation made it."""
        return self._fault(SignedChange(change), signature)

    def is_vouched(self, letter: DeadLetter, signature: bytes | None) -> bool:
        """Whether the letter is new, or what its last change, with this signature, has made of it."""
        change = last_change(letter)
        return letter == unchanged(letter) if change is None else not self.refusal(change, signature)

    def _fault(self, content: Signable, signature: bytes | None) -> str:
        try:
            self._signer.check(content, signature)
        except (MarkRefused, KeyRefused) as fault:
            return str(fault)
        return ""

    @cached_property
    def _signer(self) -> Signer:
        """Made when something is signed or checked, because it makes the installation's first key."""
        return Signer(self._keys)
