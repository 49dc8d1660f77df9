"""An Ed25519 key that signs notes, in a file that only its owner may read.

The file has the form of golang.org/x/mod/sumdb/note: `PRIVATE+KEY+NAME+ID+SECRET`.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from adapters.secrets.owned_file import read_owned
from domain.errors import InvalidInput, KeyRefused, ProofRefused
from domain.notary.checkpoint import Checkpoint, parse_checkpoint
from domain.notary.note import (
    COSIGNATURE,
    ED25519,
    Note,
    Signature,
    VerifierKey,
    check_name,
    decoded,
    encoded,
    parse_note,
)

_PREFIX: Final = "PRIVATE+KEY+"
_SECRET_BYTES: Final = 32
_TIME_BYTES: Final = 8


class NoteKey:
    """A private key. `verifier` is its public part; `repr` and `str` never show the secret."""

    __slots__ = ("_private", "verifier")

    def __init__(self, name: str, algorithm: int, secret: bytes) -> None:
        """`secret` has 32 bytes."""
        check_name(name)
        self._private = Ed25519PrivateKey.from_private_bytes(secret)
        self.verifier = VerifierKey(name, algorithm, self._private.public_key().public_bytes_raw())

    def signed(self, text: str) -> Note:
        """The text with this key's signature."""
        assert self.verifier.algorithm == ED25519
        return Note(text, (self._signature(self._private.sign(text.encode())),))

    def cosigned(self, note: Note, time: int) -> Note:
        """The note with the signature of a witness, who has seen it at `time` (seconds since 1970)."""
        assert self.verifier.algorithm == COSIGNATURE
        stamp = time.to_bytes(_TIME_BYTES, "big")
        signature = self._signature(stamp + self._private.sign(_cosigned_text(note.text, time)))
        return Note(note.text, (*note.signatures, signature))

    def _signature(self, data: bytes) -> Signature:
        return Signature(self.verifier.name, self.verifier.id, data)

    def __repr__(self) -> str:
        return f"NoteKey({self.verifier})"


def made_key(path: Path, name: str, algorithm: int = ED25519) -> NoteKey:
    """Makes a key in a new file with mode 0600. Raises KeyRefused where it cannot, as where the file exists."""
    secret = secrets.token_bytes(_SECRET_BYTES)
    key = NoteKey(name, algorithm, secret)
    line = f"{_PREFIX}{name}+{key.verifier.id.hex()}+{encoded(bytes([algorithm]) + secret)}\n"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(descriptor)
    except OSError as fault:
        raise KeyRefused(f"the key {path} cannot be written: {fault.strerror}") from None
    return key


def read_key(path: Path) -> NoteKey:
    """The key in a file. Raises KeyRefused where it cannot be read or is no key, InvalidSettings where others may
    read it."""
    try:
        line = read_owned(path)
    except OSError as fault:
        raise KeyRefused(f"the key {path} cannot be read: {fault.strerror}") from None
    found = _key_in(line)
    if found is None:
        # What is wrong is not stated, because it may be a part of the secret.
        raise KeyRefused(f"{path} holds no key of a notary or a witness: restore it from its copy")
    return found


def _key_in(line: str) -> NoteKey | None:
    name, _, rest = line.removeprefix(_PREFIX).partition("+")
    stated, _, content = rest.partition("+")
    try:
        secret = decoded(content, "the key")
        check_name(name)
    except InvalidInput:
        return None
    if (
        not line.startswith(_PREFIX)
        or len(secret) != 1 + _SECRET_BYTES
        or secret[0] not in (ED25519, COSIGNATURE)
    ):
        return None
    key = NoteKey(name, secret[0], secret[1:])
    return key if key.verifier.id.hex() == stated else None


def opened(text: str, key: VerifierKey) -> tuple[Note, Checkpoint]:
    """The note in `text` and its checkpoint, which `key` has signed.

    Raises InvalidInput where it is no signed checkpoint, ProofRefused where `key` has not signed it.
    """
    note = parse_note(text)
    check_signed(note, key)
    return note, parse_checkpoint(note.text)


def check_signed(note: Note, key: VerifierKey) -> int | None:
    """Raises ProofRefused unless `key` has signed the note. Returns a witness's time, in seconds since 1970."""
    found = [one for one in note.signatures if (one.name, one.key_id) == (key.name, key.id)]
    if not found:
        raise ProofRefused(f"the checkpoint has no signature of {key.name} with key {key.id.hex()}")
    [time, *_] = [_checked(note.text, one.data, key) for one in found]
    return time


def _checked(text: str, data: bytes, key: VerifierKey) -> int | None:
    time, message = None, text.encode()
    if key.algorithm == COSIGNATURE:
        time, data = int.from_bytes(data[:_TIME_BYTES], "big"), data[_TIME_BYTES:]
        message = _cosigned_text(text, time)
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(data, message)
    except InvalidSignature:
        raise ProofRefused(
            f"the signature of {key.name} with key {key.id.hex()} was not made for this checkpoint"
        ) from None
    return time


def _cosigned_text(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()
