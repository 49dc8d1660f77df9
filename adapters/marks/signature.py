"""Signatures of what is no event: requests and answers on the command topic, the record of played candles."""

from __future__ import annotations

from collections.abc import Sequence
from hmac import compare_digest
from typing import Final, NamedTuple, Protocol

from adapters.marks.key import CODE_BYTES, ID_BYTES, Key
from adapters.marks.key_folder import KeyFolder, Keys, newest
from domain.errors import KeyMissing, MarkRefused

_LENGTH: Final = 4


class Signable(Protocol):
    """What a signature covers."""

    @property
    def purpose(self) -> bytes:
        """16 bytes, which differ for each kind of content, so that no signature is valid for another kind."""
        ...

    @property
    def parts(self) -> Sequence[bytes]:
        """The content, whose parts are always in the same order."""
        ...


class Message(NamedTuple):
    """What a signature covers of a record: its topic, its key, its `ask` header (empty: none) and its value."""

    topic: str
    key: bytes
    ask: bytes
    value: bytes

    @property
    def purpose(self) -> bytes:
        """See `Signable`."""
        return b"whence request 1"

    @property
    def parts(self) -> Sequence[bytes]:
        """See `Signable`."""
        return self.topic.encode(), self.key, self.ask, self.value


class Signer:
    """Signs with the newest key of the folder, and verifies with all of them."""

    def __init__(self, folder: KeyFolder) -> None:
        """Makes the first key where there is none. Raises KeyRefused."""
        self._folder = folder
        self._keys: Keys = folder.made()

    def signature(self, content: Signable) -> bytes:
        """The signature of the content, 24 bytes: the key's id and the code."""
        key = newest(self._keys)
        return key.id + key.code(_signed(content))

    def check(self, content: Signable, signature: bytes | None) -> None:
        """Raises MarkRefused where the signature is missing or not valid, KeyMissing where its key is not at hand."""
        if signature is None or len(signature) != ID_BYTES + CODE_BYTES:
            raise MarkRefused("it is not signed with a key of this installation")
        if not compare_digest(self._key(signature[:ID_BYTES]).code(_signed(content)), signature[ID_BYTES:]):
            raise MarkRefused("its signature was not made for this content")

    def _key(self, key_id: bytes) -> Key:
        if key_id not in self._keys:
            # The key may have been copied here since the program started.
            self._keys = self._folder.read()
        key = self._keys.get(key_id)
        if key is None:
            raise KeyMissing(
                f"it is signed with key {key_id.hex()}, which is not in the folder of keys: copy its file there from "
                'the machine that sent it; if it is lost, see "A lost key" in docs/security.md'
            )
        return key


def _signed(content: Signable) -> bytes:
    return content.purpose + b"".join(len(part).to_bytes(_LENGTH, "big") + part for part in content.parts)
