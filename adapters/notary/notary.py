"""Follows a log and signs checkpoints of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from adapters.log.recorder_log import RecordedLog
from adapters.notary.comparison import Comparison, Known, in_order
from adapters.notary.folder import NotaryFolder
from adapters.notary.key import opened
from adapters.notary.leaves import leaves
from adapters.notary.node_file import NodeFile
from domain.errors import LogCorrupt
from domain.notary.checkpoint import Checkpoint
from domain.notary.merkle import EMPTY_ROOT, CompactRange
from domain.notary.note import Note
from domain.notary.proof import check_consistency, consistency_proof

_PATIENCE_SECONDS = 0.5


class Extension(NamedTuple):
    """A signed checkpoint, and the proof that it continues the one of `old` events.

    `prove` makes the proof that it continues the checkpoint of another number of events.
    """

    note: Note
    old: int
    proof: Sequence[bytes]
    prove: Callable[[int], Sequence[bytes]]


class Outlet(Protocol):
    """A place outside the notary's folder that receives its checkpoints, such as a topic or a witness."""

    def last(self) -> str | None:
        """The last checkpoint there, as text; None where there is none."""
        ...

    def publish(self, extension: Extension) -> None:
        """Adds a checkpoint, of which `old` is the size of that of `last`; it is durable when this returns."""
        ...

    def close(self) -> None:
        """Releases all resources; idempotent."""
        ...


class Pace(NamedTuple):
    """How often a checkpoint is signed: after `events` new events, or after `seconds` where there are any."""

    seconds: float = 1.0
    events: int = 1_000


USUAL_PACE = Pace()


class Notary:
    """Signs checkpoints of one log. It compares the whole log with the last of them before it signs the first."""

    def __init__(
        self,
        log: RecordedLog,
        folder: NotaryFolder,
        outlets: Sequence[Outlet] = (),
        pace: Pace = USUAL_PACE,
    ) -> None:
        """Reads the log up to the largest checkpoint in the folder and in the outlets.

        Raises LogCorrupt where the log does not continue each of them, ProofRefused where one of them is not signed by
        the folder's key, and what the log, the folder and the outlets raise.
        """
        self._log, self._folder, self._pace = log, folder, pace
        self._published = [(outlet, self._last_of(outlet)) for outlet in outlets]
        self._signed = folder.last() or self._empty()
        self._tree, self._nodes = self._begun()
        try:
            self._catch_up()
        except BaseException:
            self._nodes.close()
            raise

    def _empty(self) -> Checkpoint:
        return Checkpoint(self._folder.key.verifier.name, 0, EMPTY_ROOT)

    def _last_of(self, outlet: Outlet) -> Checkpoint:
        found = outlet.last()
        return self._empty() if found is None else opened(found, self._folder.key.verifier)[1]

    @property
    def size(self) -> int:
        """The number of events in the tree."""
        return self._tree.size

    def run(self, stopped: Callable[[], bool]) -> None:
        """Signs until `stopped()` is true, and then once more for the events that have no checkpoint yet."""
        due = time.monotonic()
        while not stopped():
            self._take(self._log.arrived())
            if self._tree.size > self._signed.size and time.monotonic() >= due:
                self._sign()
                due = time.monotonic() + self._pace.seconds
            self._log.wait(self._tree.size, min(_PATIENCE_SECONDS, self._pace.seconds))
        self.sign()

    def sign(self) -> None:
        """Takes in all events of the log, and signs a checkpoint where the last one has fewer."""
        self._take(self._log.head())
        if self._tree.size > self._signed.size:
            self._sign()

    def close(self) -> None:
        """Releases the file of nodes; the log, the folder and the outlets belong to the caller."""
        self._nodes.close()

    def _begun(self) -> tuple[CompactRange, NodeFile]:
        """The tree of the log up to the largest known checkpoint, and its nodes, after the comparison."""
        checkpoints = in_order([self._signed, *(last for _, last in self._published)])
        with self._folder.stored() as old:
            nodes = self._folder.rebuilt()
            try:
                comparison = Comparison(checkpoints, known=None if old is None else Known(old, old.leaves))
                comparison.check_length(self._log.head())
                for leaf in leaves(self._log, 0, comparison.remaining):
                    nodes.append(comparison.add(leaf.hash))
                self._folder.install(nodes)
            except BaseException:
                nodes.close()
                raise
        return comparison.tree, nodes

    def _catch_up(self) -> None:
        """Publishes the last checkpoint where an earlier process was ended before it had published it everywhere."""
        note = self._folder.last_note
        if note is not None:
            self._publish(note, self._signed)

    def _take(self, upto: int) -> None:
        if upto < self._tree.size:
            raise LogCorrupt(
                f"the log ends at ordinal {upto}, and {self._tree.size} events were read: events were removed"
            )
        for leaf in leaves(self._log, self._tree.size, upto):
            self._nodes.append(self._tree.append(leaf.hash))
            if self._tree.size - self._signed.size >= self._pace.events:
                self._sign()

    def _sign(self) -> None:
        """Signs a checkpoint of the tree, after its consistency with the last one is proven."""
        new = Checkpoint(self._signed.origin, self._tree.size, self._tree.root())
        self._proof(self._signed, new)
        note = self._folder.key.signed(new.text)
        self._folder.keep(note)
        self._signed = new
        self._publish(note, new)

    def _publish(self, note: Note, new: Checkpoint) -> None:
        def prove(old: int) -> Sequence[bytes]:
            return consistency_proof(old, new.size, self._nodes)

        for number, (outlet, last) in enumerate(self._published):
            if last.size < new.size:
                outlet.publish(Extension(note, last.size, self._proof(last, new), prove))
                self._published[number] = (outlet, new)

    def _proof(self, old: Checkpoint, new: Checkpoint) -> Sequence[bytes]:
        proof = consistency_proof(old.size, new.size, self._nodes)
        check_consistency(old.size, new.size, old.root, new.root, proof)
        return proof
