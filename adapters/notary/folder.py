"""The folder of a notary: its key, its checkpoints and the nodes of its tree. The engine needs no right to it.

`key` is the private key, `checkpoints` every signed checkpoint, `checkpoint` the last of them alone, and `nodes` the
tree, which every start makes again from the log.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from adapters.notary.history import History
from adapters.notary.key import NoteKey, made_key, opened, read_key
from adapters.notary.node_file import NodeFile
from adapters.whole_file import replace_file
from domain.errors import InvalidInput, KeyRefused, Refused
from domain.notary.checkpoint import Checkpoint
from domain.notary.note import Note

KEY: Final = "key"
CHECKPOINTS: Final = "checkpoints"
CHECKPOINT: Final = "checkpoint"
NODES: Final = "nodes"
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


def key_of(folder: Path, origin: str) -> NoteKey:
    """The notary's key for the log `origin`; it is made where the folder has none.

    Raises KeyRefused where the folder belongs to another log, can be written by others or cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = stat.S_IMODE(folder.stat().st_mode)
    except OSError as fault:
        raise KeyRefused(f"the folder of the notary {folder} cannot be made: {fault.strerror}") from None
    if mode & _OTHERS_WRITE:
        raise KeyRefused(
            f"{folder} can be written by other users of this machine (mode {mode:04o}): run `chmod 700 {folder}`"
        )
    path = folder / KEY
    if not path.exists() and (folder / CHECKPOINTS).exists():
        raise KeyRefused(
            f"{folder} has checkpoints but no key: restore {path} from its copy; without it, begin another "
            "folder, whose checkpoints then have another key"
        )
    key = read_key(path) if path.exists() else made_key(path, origin)
    if key.verifier.name != origin:
        raise KeyRefused(
            f"{folder} is the folder of {key.verifier.name}, and the log is {origin}: name another"
        )
    return key


class NotaryFolder:
    """The folder of a running notary. One process has it at a time."""

    def __init__(self, path: Path, origin: str) -> None:
        """Raises KeyRefused, InvalidSettings, Refused where another notary runs on it, InvalidInput, ProofRefused."""
        self.path, self.key = path, key_of(path, origin)
        self._lock = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise Refused(f"another notary runs on {path}: end it, or name another folder") from None
        try:
            self._history = History(path / CHECKPOINTS, origin)
        except BaseException:
            os.close(self._lock)
            raise

    def last(self) -> Checkpoint | None:
        """The last checkpoint; None where there is none. Raises ProofRefused where this key has not signed it."""
        note = self._history.last
        return None if note is None else opened(str(note), self.key.verifier)[1]

    def keep(self, note: Note) -> None:
        """Stores a signed checkpoint; it is durable when this returns. Raises OSError."""
        self._history.append(note)
        replace_file(self.path / CHECKPOINT, str(note).encode())

    @property
    def last_note(self) -> Note | None:
        """The last checkpoint with its signature; None where there is none."""
        return self._history.last

    @contextmanager
    def stored(self) -> Generator[NodeFile | None]:
        """The nodes of the last run; None where there are none."""
        with stored_nodes(self.path) as found:
            yield found

    def rebuilt(self) -> NodeFile:
        """An empty file of nodes, which `install` puts in the place of the last one. Raises OSError."""
        return NodeFile(self.path / f".{NODES}", new=True)

    def install(self, nodes: NodeFile) -> None:
        """Gives the nodes their name. Raises OSError."""
        nodes.path.replace(self.path / NODES)

    def close(self) -> None:
        """Gives the folder up."""
        self._history.close()
        os.close(self._lock)


@contextmanager
def stored_nodes(folder: Path) -> Generator[NodeFile | None]:
    """The nodes in a notary's folder; None where there are none. Raises InvalidInput where they cannot be read."""
    path = folder / NODES
    if not path.exists():
        yield None
        return
    try:
        found = NodeFile(path)
    except OSError as fault:
        raise InvalidInput(f"{path} cannot be read: {fault.strerror}") from None
    try:
        yield found
    finally:
        found.close()
