"""Compares a log's leaves with signed checkpoints, and finds the event from which on they differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from domain.errors import LogCorrupt, ProofRefused
from domain.notary.checkpoint import Checkpoint
from domain.notary.merkle import CompactRange, NodeReader


class Known(NamedTuple):
    """The leaves that a notary has stored: `leaves` of them, read from `nodes`."""

    nodes: NodeReader
    leaves: int


def in_order(checkpoints: Iterable[Checkpoint]) -> Sequence[Checkpoint]:
    """The checkpoints by their size, each once.

    Raises ProofRefused where two of one size have different roots, or where they are of different logs.
    """
    by_size = dict[int, Checkpoint]()
    for one in checkpoints:
        other = by_size.setdefault(one.size, one)
        if other.origin != one.origin:
            raise ProofRefused(f"the checkpoints are of different logs: {other.origin} and {one.origin}")
        if other.root != one.root:
            raise ProofRefused(
                f"two checkpoints of {one.size} events have different roots, so two histories of {one.origin} were "
                "signed: keep both files, because they prove it"
            )
    return [by_size[size] for size in sorted(by_size)]


class Comparison:
    """Takes the leaves of a log in order and compares the tree with each checkpoint at its size."""

    def __init__(
        self, checkpoints: Sequence[Checkpoint], begin: CompactRange | None = None, known: Known | None = None
    ) -> None:
        """`checkpoints` are in order; those up to the size of `begin`, the tree of earlier leaves, are not compared.

        `known` are the leaves by which an error names the first event that differs.
        """
        self.tree = CompactRange() if begin is None else begin
        self._due = [one for one in reversed(checkpoints) if one.size > self.tree.size]
        self._known = known
        self._agreed, self._differs = self.tree.size, 0
        self.agreeing = 0

    def check_length(self, head: int) -> None:
        """Raises LogCorrupt where a log that ends at ordinal `head` is shorter than a checkpoint."""
        if self._due and head < self._due[0].size:
            raise LogCorrupt(
                f"the log ends at ordinal {head}, and a checkpoint of {self._due[0].size} events is signed: the "
                "events after it were removed, or this is an earlier copy of the log, or another run of its tape and "
                "settings, which has the same id"
            )

    def add(self, leaf: bytes) -> Sequence[bytes]:
        """Adds the hash of a leaf; returns the nodes that are complete with it. Raises LogCorrupt at a difference."""
        completed = self.tree.append(leaf)
        size = self.tree.size
        if not self._differs and self._known is not None and size <= self._known.leaves:
            self._differs = 0 if self._known.nodes.node(0, size - 1) == leaf else size
        if self._due and self._due[-1].size == size:
            self._compare(self._due.pop())
        return completed

    @property
    def remaining(self) -> int:
        """The size of the largest checkpoint that is not compared yet; 0 where there is none."""
        return self._due[0].size if self._due else 0

    def _compare(self, checkpoint: Checkpoint) -> None:
        if self.tree.root() == checkpoint.root:
            self.agreeing += 1
            self._agreed = checkpoint.size
            return
        if self._differs and self._is_signed(checkpoint):
            raise LogCorrupt(
                f"ordinal {self._differs}: this is not the event of which the notary has signed a checkpoint of "
                f"{checkpoint.size} events: it was changed, inserted or moved, or an event was removed before it; all "
                f"events before ordinal {self._differs} are as they were signed"
            )
        raise LogCorrupt(
            f"the events up to ordinal {checkpoint.size} are not those of which a checkpoint is signed: one from "
            f"ordinal {self._agreed + 1} to {checkpoint.size} was changed, inserted, removed or moved; all events "
            f"before ordinal {self._agreed + 1} are as they were signed"
        )

    def _is_signed(self, checkpoint: Checkpoint) -> bool:
        """Whether the known leaves are those of the checkpoint, so that they prove which event differs."""
        known, tree = self._known, CompactRange()
        if known is None or known.leaves < checkpoint.size:
            return False
        for index in range(checkpoint.size):
            tree.append(known.nodes.node(0, index))
        return tree.root() == checkpoint.root
