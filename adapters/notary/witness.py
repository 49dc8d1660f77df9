"""A witness: the holder of a second key, who signs a checkpoint only where it continues the last one seen
(c2sp.org/tlog-cosignature).

The folder has the witness's `key` and, for each log, the last checkpoint that was seen. Neither the notary nor the
engine needs a right to it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from adapters.notary.folder import KEY
from adapters.notary.history import notes_in
from adapters.notary.key import made_key, opened, read_key
from adapters.notary.proof_file import Consistency, hashes_of
from adapters.whole_file import replace_file
from domain.errors import InvalidInput, KeyRefused, ProofRefused
from domain.notary.checkpoint import Checkpoint
from domain.notary.note import COSIGNATURE, Note, Signature, VerifierKey, parse_note
from domain.notary.proof import Proof, check_consistency


class Witness:
    """Signs checkpoints of any log, each after the one before it."""

    def __init__(self, folder: Path, name: str | None = None) -> None:
        """`name` is that of a new key; it is needed where the folder has none.

        Raises KeyRefused, InvalidSettings, and InvalidInput where the name is missing or is not that of the key.
        """
        path = folder / KEY
        if not path.exists():
            if name is None:
                raise InvalidInput(f"{folder} has no key of a witness yet: name the witness with --name")
            self.key = made_key(path, name, COSIGNATURE)
        else:
            self.key = read_key(path)
        if self.key.verifier.algorithm != COSIGNATURE:
            raise KeyRefused(f"{path} is the key of a notary, not of a witness: name another folder")
        if name not in (None, self.key.verifier.name):
            raise InvalidInput(f"{path} is the key of {self.key.verifier.name}, not of {name}")
        self._folder = folder

    def seen(self, origin: str) -> Path:
        """The file of the last checkpoint of a log that was seen."""
        return self._folder / f"{origin.replace('/', '-')}.checkpoint"

    def cosigned(self, given: Note | Consistency, notary: VerifierKey, time: int) -> Note:
        """The checkpoint with this witness's signature, made at `time` (seconds since 1970).

        The first checkpoint of a log is believed as it is. Each later one needs the proof that it continues the last
        one seen. Raises ProofRefused where it does not, or where the notary has not signed it; InvalidInput.
        """
        note = given if isinstance(given, Note) else parse_note(given.new)
        _, new = opened(str(note), notary)
        with self._locked():
            path = self.seen(new.origin)
            if path.exists():
                _, last = opened(str(notes_in(path)[-1]), notary)
                _check_continues(last, new, given, path, notary)
            signed = self.key.cosigned(Note(note.text, _of(note, notary)), time)
            try:
                replace_file(path, str(signed).encode())
            except OSError as fault:
                raise InvalidInput(f"{path} cannot be written: {fault.strerror}") from None
        return signed

    @contextmanager
    def _locked(self) -> Generator[None]:
        """Holds the folder's lock, so that two requests at once do not sign two histories."""
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _check_continues(
    last: Checkpoint, new: Checkpoint, given: Note | Consistency, path: Path, notary: VerifierKey
) -> None:
    proof: Proof = () if isinstance(given, Note) else hashes_of(given.proof)
    if isinstance(given, Note) and last.size not in (0, new.size):
        raise ProofRefused(
            f"the last checkpoint seen has {last.size} events: give the proof that this one continues it, as "
            f"`whence audit consistency {path} NEW` writes it"
        )
    if not isinstance(given, Note) and (begin := opened(given.old, notary)[1].size) != last.size:
        raise ProofRefused(
            f"this proof begins at {begin} events, and the last checkpoint signed here has {last.size}: make one from "
            f"that, with `whence audit consistency {path} NEW`"
        )
    try:
        check_consistency(last.size, new.size, last.root, new.root, proof)
    except ProofRefused as fault:
        raise ProofRefused(
            f"the checkpoint of {new.size} events does not continue the one of {last.size} events in {path}: {fault}"
        ) from None


def _of(note: Note, notary: VerifierKey) -> tuple[Signature, ...]:
    """The notary's signatures: others were not verified, and are not passed on."""
    return tuple(one for one in note.signatures if (one.name, one.key_id) == (notary.name, notary.id))
