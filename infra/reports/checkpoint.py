"""The checkpoint that a report stands on: how many events of the log were read, and the root of the tree over them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from adapters.log.recorder_log import RecordedLog
from adapters.notary.leaves import log_id_of
from adapters.notary.verifying import Signed, verified
from domain.notary.checkpoint import Checkpoint, origin_of
from domain.notary.merkle import CompactRange
from domain.notary.note import encoded


class Standing(NamedTuple):
    """The state of the log that a report was made from.

    `computed` is over the events that were read (RFC 6962, `docs/audit.md`). `signed` is the note of the newest signed
    checkpoint that the log agrees with, empty where none was given, and `signed_size` the number of its events.
    """

    computed: Checkpoint
    signed: str = ""
    signed_size: int = 0

    @property
    def root(self) -> str:
        """The root in base64, as checkpoints have it."""
        return encoded(self.computed.root)

    def as_json(self) -> Mapping[str, object]:
        """Origin, number of events and root; the signed checkpoint where one was given."""
        own: dict[str, object] = {
            "origin": self.computed.origin,
            "events": self.computed.size,
            "root": self.root,
        }
        return {**own, "signed": self.signed, "signed_events": self.signed_size} if self.signed else own


def compared(log: RecordedLog, upto: int, signed: Signed | None, path: Path | None) -> CompactRange:
    """Compares the log with every signed checkpoint in `path`; returns the tree over the compared events.

    The tree is empty where nothing is signed, or more than the first `upto` events are. Raises LogCorrupt, which
    locates the first difference, and ProofRefused for checkpoints of another log.
    """
    if signed is None or path is None:
        return CompactRange()
    tree = verified(log, signed, path).tree
    return tree if tree.size <= upto else CompactRange()


def standing(log: RecordedLog, tree: CompactRange, signed: Signed | None) -> Standing:
    """The checkpoint of the events in the tree. `signed` are the signed checkpoints that the log agrees with."""
    computed = Checkpoint(origin_of(log_id_of(log)), tree.size, tree.root())
    if signed is None:
        return Standing(computed)
    return Standing(computed, str(signed.last), signed.checkpoints[-1].size)
