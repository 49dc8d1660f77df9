"""What proves the events of files that have no marks: an export, or a backup of a log on Kafka or PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from domain.errors import InvalidInput, Refused

if TYPE_CHECKING:
    from adapters.log.recorder_log import RecordedLog

ProofKeyOption = Annotated[
    str,
    typer.Option("--key", metavar="KEY", help="The notary's public key, which proves the events."),
]
ProofCheckpointsOption = Annotated[
    Path | None,
    typer.Option(
        "--checkpoints", metavar="PATH", help="A file of its signed checkpoints, or the notary's folder."
    ),
]
WithoutProofOption = Annotated[
    bool,
    typer.Option(
        "--without-proof",
        help="Accept events although nothing proves who wrote them, nor that they are unchanged.",
    ),
]


class Proof(NamedTuple):
    """What a person gave: the notary's key with its checkpoints, or that events are accepted without a proof."""

    key: str
    checkpoints: Path | None
    is_waived: bool

    def doubt(self, log: RecordedLog, doubt: str) -> str:
        """Why nothing proves all events of the log, which the person accepts; empty where they are proven.

        `doubt` is the same before the checkpoints are read. Raises InvalidInput for half a proof, LogCorrupt and
        ProofRefused where log and checkpoints differ, and Refused for a doubt that nobody has accepted.
        """
        if bool(self.key) is not (self.checkpoints is not None):
            raise InvalidInput("--key and --checkpoints prove the events together: name both")
        if self.checkpoints is not None:
            later = _later(log, self.key, self.checkpoints)
            doubt = later if doubt else ""
        if doubt and not self.is_waived:
            raise Refused(
                f"{doubt}. The new log would have valid marks all the same: prove the events with the notary's --key "
                "and --checkpoints, or accept them as they are with --without-proof"
            )
        return doubt


def _later(log: RecordedLog, key: str, checkpoints: Path) -> str:
    """Compares the log with the checkpoints; states which events are in none of them, empty where all are in one."""
    from adapters.notary.verifying import Trust, read_signed, verified
    from domain.notary.note import parse_verifier

    size = verified(log, read_signed(checkpoints, Trust(parse_verifier(key))), checkpoints).tree.size
    return (
        ""
        if size == log.head()
        else f"the events after event {size} are in no checkpoint, so nothing proves them"
    )
