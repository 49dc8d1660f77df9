"""Checkpoints (c2sp.org/tlog-checkpoint): what a notary states about a log."""

from __future__ import annotations

import re
from typing import NamedTuple
from uuid import UUID

from domain.errors import InvalidInput
from domain.notary.merkle import HASH_BYTES
from domain.notary.note import decoded, encoded

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class Checkpoint(NamedTuple):
    """The first `size` events of the log `origin` have the tree's root `root` (32 bytes).

    `extensions` are further lines, which are kept and mean nothing here.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text that is signed."""
        lines = (self.origin, str(self.size), encoded(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def origin_of(log_id: UUID) -> str:
    """The origin of a log's checkpoints, which is also the name of its notary's key."""
    return f"whence/{log_id}"


def parse_checkpoint(text: str) -> Checkpoint:
    """Reads the text of a checkpoint. Raises InvalidInput, with the fault, where it is none."""
    if not text.endswith("\n"):
        raise InvalidInput("a checkpoint ends with a line break")
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 3 or not all(lines):
        raise InvalidInput("a checkpoint has three lines or more, none of them empty: origin, size and root")
    origin, size, root, *extensions = lines
    if not _SIZE.fullmatch(size):
        raise InvalidInput(f"the second line of a checkpoint is the number of events, not {size[:40]!r}")
    found = decoded(root, "the root of a checkpoint")
    if len(found) != HASH_BYTES:
        raise InvalidInput(f"the root of a checkpoint has {HASH_BYTES} bytes, not {len(found)}")
    return Checkpoint(origin, int(size), found, tuple(extensions))
