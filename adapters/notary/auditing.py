"""What the programs that only read a log show of its notary: the last checkpoint, proofs of events, a verification."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from adapters.log.recorder_log import RecordedLog
from adapters.notary.folder import CHECKPOINT, CHECKPOINTS, stored_nodes
from adapters.notary.history import notes_in
from adapters.notary.leaves import leaves, schema_text
from adapters.notary.proof_file import Inclusion, inclusion
from adapters.notary.verifying import Signed, Trust, read_signed, verified
from domain.errors import InvalidInput, LogCorrupt, Refused
from domain.notary.checkpoint import Checkpoint, parse_checkpoint
from domain.notary.note import Note, parse_verifier
from domain.notary.proof import inclusion_proof


class Verification(NamedTuple):
    """The comparison of a log with its signed checkpoints, of which `checkpoint` is the last.

    `compared` checkpoints agree with it, and `unsigned` later events are in none of them. `difference` locates the
    first event that differs; None where every event is as it was signed.
    """

    checkpoint: Checkpoint
    compared: int
    unsigned: int
    difference: str | None = None


class Auditor:
    """Reads a log beside its notary; safe to call from any thread. It needs no right to the notary's key."""

    def __init__(self, log: RecordedLog, path: Callable[[], Path]) -> None:
        """`path` returns the folder of the log's notary, or a file of signed checkpoints."""
        self._log, self._path = log, path
        self._verifying = Lock()

    @property
    def head(self) -> int:
        """The ordinal of the last event of the log."""
        return self._log.head()

    def last(self) -> tuple[Note, Checkpoint] | None:
        """The last checkpoint; None where none is signed. Its signature is not checked, since no key is given.

        Raises InvalidInput where the checkpoints cannot be read.
        """
        path = self._path()
        file = _last_of(path)
        if not file.exists():
            return None
        notes = notes_in(file)
        found = [(note, parse_checkpoint(note.text)) for note in notes]
        return max(found, key=lambda one: one[1].size)

    def inclusion(self, ordinal: int) -> Inclusion:
        """The proof that the event is in the last checkpoint, made of the tree that the notary has stored.

        The tree is the notary's and the event is the log's: where the event was changed since, the proof does not hold.
        Raises Refused where there is no checkpoint with this event, or no tree, InvalidInput for an ordinal below 1.
        """
        if ordinal < 1:
            raise InvalidInput(f"the ordinals of a log begin with 1, so {ordinal} is none")
        found = self.last()
        if found is None:
            raise Refused(
                f"no checkpoint is signed in {self._path().name}: start a notary, `whence notary run`"
            )
        note, checkpoint = found
        if ordinal > checkpoint.size:
            raise Refused(
                f"event {ordinal} is not among the {checkpoint.size} events of the checkpoint: a later one may have it"
            )
        hashes = self._hashes(ordinal, checkpoint)
        [leaf] = leaves(self._log, ordinal - 1, ordinal)
        [(_, data)] = self._log.frames(ordinal - 1, ordinal)
        return inclusion(leaf, schema_text(leaf, data), hashes, str(note))

    def _hashes(self, ordinal: int, checkpoint: Checkpoint) -> Sequence[bytes]:
        path = self._path()
        if not path.is_dir():
            raise Refused(
                f"{path.name} has checkpoints and no tree: name the notary's folder, or use `whence audit prove`"
            )
        with stored_nodes(path) as nodes:
            if nodes is None or nodes.leaves < checkpoint.size:
                raise Refused("the notary has not stored its tree yet: start it again, `whence notary run`")
            return inclusion_proof(ordinal - 1, checkpoint.size, nodes)

    def verify(self, key: str) -> Verification:
        """Compares every event of the log with every checkpoint. `key` is the notary's public key.

        Raises ProofRefused where a checkpoint is not signed by the key or is of another log, InvalidInput for a
        malformed key and where there are no checkpoints, Refused while another verification runs.
        """
        trust = Trust(parse_verifier(key))
        if not self._verifying.acquire(blocking=False):
            raise Refused("a verification of the log runs already: wait until it has ended")
        try:
            path = self._path()
            return self._compared(read_signed(path, trust), path)
        finally:
            self._verifying.release()

    def _compared(self, signed: Signed, path: Path) -> Verification:
        checkpoint = signed.checkpoints[-1]
        try:
            comparison = verified(self._log, signed, path)
        except LogCorrupt as fault:
            return Verification(checkpoint, 0, 0, str(fault))
        return Verification(checkpoint, comparison.agreeing, self._log.head() - checkpoint.size)


def _last_of(path: Path) -> Path:
    """The file that has the last checkpoint: in a notary's folder one of its own, else that of all checkpoints."""
    if not path.is_dir():
        return path
    alone = path / CHECKPOINT
    return alone if alone.exists() else path / CHECKPOINTS
