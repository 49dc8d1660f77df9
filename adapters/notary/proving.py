"""Makes proofs from a log: of events in a checkpoint, and of the consistency of two checkpoints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from adapters.log.recorder_log import RecordedLog
from adapters.notary.comparison import Comparison
from adapters.notary.leaves import leaves, log_id_of, schema_text
from adapters.notary.proof_file import Consistency, Inclusion, consistency, inclusion
from adapters.notary.verifying import check_origin
from domain.errors import InvalidInput, ProofRefused, Refused
from domain.log import event_id
from domain.notary.checkpoint import Checkpoint
from domain.notary.leaf import Leaf
from domain.notary.merkle import StoredNodes
from domain.notary.note import Note
from domain.notary.proof import consistency_proof, inclusion_proof

Wanted = UUID | int
"""An event, by its id or its ordinal."""


def parse_wanted(text: str) -> Wanted:
    """Reads the name of an event. Raises InvalidInput where it is neither an id nor an ordinal."""
    if text.isdecimal() and text.isascii() and len(text) < 19 and int(text):
        return int(text)
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput(f"{text[:80]!r} is neither the id of an event nor an ordinal from 1 on") from None


class Prover:
    """The tree of a log up to a checkpoint that agrees with it."""

    def __init__(self, log: RecordedLog, checkpoint: Checkpoint, earlier: Sequence[Checkpoint] = ()) -> None:
        """Reads the log up to the checkpoint. Raises LogCorrupt where it or an earlier one does not agree with the log,
        ProofRefused where it is of another log."""
        check_origin(log, checkpoint)
        self._log, self.checkpoint, self._nodes = log, checkpoint, StoredNodes()
        comparison = Comparison([*earlier, checkpoint])
        comparison.check_length(log.head())
        for leaf in leaves(log, 0, checkpoint.size):
            self._nodes.extend(comparison.add(leaf.hash))

    def inclusion(self, leaf: Leaf) -> Sequence[bytes]:
        """The inclusion proof of an event."""
        return inclusion_proof(leaf.ordinal - 1, self.checkpoint.size, self._nodes)

    def consistency(self, old: Checkpoint) -> Sequence[bytes]:
        """The proof that the checkpoint continues `old`."""
        return consistency_proof(old.size, self.checkpoint.size, self._nodes)


def proven(
    log: RecordedLog, wanted: Sequence[Wanted], note: Note, checkpoint: Checkpoint
) -> Iterator[Inclusion]:
    """The proof of each event. Raises Refused for an event that is not in the checkpoint, and what `Prover` raises."""
    prover = Prover(log, checkpoint)
    ordinals = _ordinals(log, wanted, checkpoint.size)
    for one in wanted:
        if one not in ordinals:
            raise Refused(
                f"event {one} is not among the {checkpoint.size} events of the checkpoint: a later one may have it"
            )
        ordinal = ordinals[one]
        [leaf] = leaves(log, ordinal - 1, ordinal)
        [(_, data)] = log.frames(ordinal - 1, ordinal)
        yield inclusion(leaf, schema_text(leaf, data), prover.inclusion(leaf), str(note))


def consistent(
    log: RecordedLog, older: tuple[Note, Checkpoint], newer: tuple[Note, Checkpoint]
) -> Consistency:
    """The proof that `newer` continues `older`. Raises ProofRefused where one of them is of another log, InvalidInput
    where `newer` has fewer events, and what `Prover` raises."""
    (old_note, old), (new_note, new) = older, newer
    if old.size > new.size:
        raise InvalidInput(
            f"the first checkpoint has {old.size} events, the second {new.size}: name the older first"
        )
    if old.origin != new.origin:
        raise ProofRefused(f"the checkpoints are of different logs: {old.origin} and {new.origin}")
    if old.size == new.size and old.root != new.root:
        raise ProofRefused(
            f"two checkpoints of {old.size} events have different roots: two histories were signed"
        )
    earlier = [old] if old.size < new.size else []
    return consistency(str(old_note), str(new_note), Prover(log, new, earlier).consistency(old))


def _ordinals(log: RecordedLog, wanted: Sequence[Wanted], size: int) -> dict[Wanted, int]:
    """The ordinals of the events that are in the log. An id is a function of its log, stream and version."""
    found: dict[Wanted, int] = {one: one for one in wanted if isinstance(one, int) and one <= size}
    ids = {one for one in wanted if isinstance(one, UUID)}
    if ids:
        log_id = log_id_of(log)
        for ordinal, stream, version, _ in log.placed(0, size):
            if (one := event_id(log_id, stream, version)) in ids:
                found[one] = ordinal
    return found
