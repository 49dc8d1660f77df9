"""Verifies a log by its notary's checkpoints, as a whole or from where an earlier verification ended."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import msgspec

from adapters.log.recorder_log import RecordedLog
from adapters.notary.comparison import Comparison, Known, in_order
from adapters.notary.folder import CHECKPOINTS, stored_nodes
from adapters.notary.history import notes_in
from adapters.notary.key import check_signed, opened
from adapters.notary.leaves import leaves, log_id_of
from adapters.whole_file import replace_file
from domain.errors import InvalidInput, ProofRefused
from domain.notary.checkpoint import Checkpoint, origin_of
from domain.notary.merkle import CompactRange
from domain.notary.note import Note, VerifierKey, decoded, encoded


class Trust(NamedTuple):
    """Whose signatures are demanded: the notary's on every checkpoint, the witnesses' on the last one."""

    notary: VerifierKey
    witnesses: Sequence[VerifierKey] = ()

    def opened(self, note: Note) -> Checkpoint:
        """The checkpoint in a note. Raises ProofRefused where the notary has not signed it, InvalidInput."""
        return opened(str(note), self.notary)[1]

    def check_witnessed(self, note: Note) -> None:
        """Raises ProofRefused where a witness has not signed the note."""
        for witness in self.witnesses:
            check_signed(note, witness)


class Signed(NamedTuple):
    """Checkpoints in order, and the last of them with its signatures."""

    checkpoints: Sequence[Checkpoint]
    last: Note


class Saved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a verification ended: a signed checkpoint, and the nodes that cover its tree, in base64."""

    checkpoint: str
    nodes: list[str]


def read_signed(path: Path, trust: Trust) -> Signed:
    """The checkpoints in a file, or in the folder of a notary.

    Raises InvalidInput, and ProofRefused where a signature is missing or two histories were signed.
    """
    notes = notes_in(path / CHECKPOINTS if path.is_dir() else path)
    checkpoints = [trust.opened(note) for note in notes]
    last = max(range(len(notes)), key=lambda at: checkpoints[at].size)
    trust.check_witnessed(notes[last])
    return Signed(in_order(checkpoints), notes[last])


def continued(signed: Signed, reached: Checkpoint) -> Signed:
    """`signed` after the checkpoint where an earlier verification has ended.

    Raises ProofRefused where `signed` does not continue it: it is of another log, has fewer events or another root.
    """
    checkpoints = in_order([*signed.checkpoints, reached])
    if checkpoints[-1].size > signed.checkpoints[-1].size:
        raise ProofRefused(
            f"the last checkpoint has {signed.checkpoints[-1].size} events, and the earlier verification has reached "
            f"{reached.size}: these are not the newest checkpoints, or an earlier copy was put in their place"
        )
    return Signed(checkpoints, signed.last)


def verified(log: RecordedLog, signed: Signed, path: Path, begin: CompactRange | None = None) -> Comparison:
    """Compares the log with the checkpoints of `path`, from the end of `begin` on; returns the comparison at the last
    of them. Raises LogCorrupt, which locates the first difference, and ProofRefused for checkpoints of another log.
    """
    check_origin(log, signed.checkpoints[-1])
    with ExitStack() as held:
        nodes = held.enter_context(stored_nodes(path)) if path.is_dir() else None
        known = None if nodes is None else Known(nodes, nodes.leaves)
        comparison = Comparison(signed.checkpoints, begin, known)
        comparison.check_length(log.head())
        for leaf in leaves(log, comparison.tree.size, comparison.remaining):
            comparison.add(leaf.hash)
    return comparison


def check_origin(log: RecordedLog, checkpoint: Checkpoint) -> None:
    """Raises ProofRefused where the checkpoint is of another log."""
    origin = origin_of(log_id_of(log))
    if checkpoint.origin != origin:
        raise ProofRefused(f"the checkpoints are of {checkpoint.origin}, and the log is {origin}")


def save(path: Path, tree: CompactRange, signed: Signed) -> None:
    """Stores where a verification has ended. Raises InvalidInput where the file cannot be written."""
    saved = Saved(str(signed.last), [encoded(one) for one in tree.hashes])
    try:
        replace_file(path, msgspec.json.format(msgspec.json.encode(saved)) + b"\n")
    except OSError as fault:
        raise InvalidInput(f"{path} cannot be written: {fault.strerror}") from None


def resumed(path: Path, trust: Trust) -> tuple[CompactRange, Checkpoint]:
    """The tree where an earlier verification has ended, and its checkpoint, whose root is that of the tree.

    Raises InvalidInput, and ProofRefused where the notary has not signed this tree.
    """
    try:
        saved = msgspec.json.decode(path.read_bytes(), type=Saved)
    except OSError as fault:
        raise InvalidInput(f"{path} cannot be read: {fault.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise InvalidInput(f"{path} is not what `whence audit verify --save` writes: {fault}") from None
    _, checkpoint = opened(saved.checkpoint, trust.notary)
    tree = CompactRange(checkpoint.size, [decoded(one, "a node") for one in saved.nodes])
    if tree.root() != checkpoint.root:
        raise ProofRefused(f"the nodes in {path} are not those of its checkpoint: verify the whole log")
    return tree, checkpoint
