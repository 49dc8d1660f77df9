"""Where backups are: whole files by name, in a folder, or in a bucket (`adapters/backup/bucket_place.py`)."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from adapters.whole_file import synchronise
from domain.errors import BackupUnavailable, LogCorrupt, Refused

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


class Place(Protocol):
    """Files by their names, as `events/1-10000-….events`. Every method raises BackupUnavailable where the place does
    not answer, is full or refuses.
    """

    def names(self, folder: str) -> Sequence[str]:
        """The names of the files below this folder, sorted; none where there is no such folder."""
        ...

    def read(self, name: str) -> bytes:
        """The file's bytes. Raises LogCorrupt where it is missing."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Writes the file as a whole and durably; one of this name is replaced."""
        ...

    def create(self, name: str, data: bytes) -> None:
        """Writes the file as a whole and durably. Raises Refused where there is one of this name."""
        ...

    def remove(self, name: str) -> None:
        """Removes the file, where there is one."""
        ...


class FolderPlace:
    """A folder, which is made where it is missing; a file is durable when it was written."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __str__(self) -> str:
        return str(self._path)

    def names(self, folder: str) -> Sequence[str]:
        """See `Place`. Files that an interrupted write has left are no files of the place."""
        root = self._path / folder
        with self._translated(folder):
            found = [one for one in root.rglob("*") if one.is_file() and not one.name.startswith(".")]
        return sorted(one.relative_to(self._path).as_posix() for one in found)

    def read(self, name: str) -> bytes:
        """See `Place`."""
        with self._translated(name):
            try:
                return (self._path / name).read_bytes()
            except FileNotFoundError:
                raise missing(self, name) from None

    def write(self, name: str, data: bytes) -> None:
        """See `Place`."""
        with self._written(name, data) as (partial, path):
            partial.replace(path)

    def create(self, name: str, data: bytes) -> None:
        """See `Place`."""
        with self._written(name, data) as (partial, path):
            try:
                path.hardlink_to(partial)
            except FileExistsError:
                raise taken(self, name) from None

    def remove(self, name: str) -> None:
        """See `Place`."""
        with self._translated(name):
            (self._path / name).unlink(missing_ok=True)

    @contextmanager
    def _written(self, name: str, data: bytes) -> Generator[tuple[Path, Path]]:
        """A durable file beside the one of this name; the block puts it in place. After an error nothing is left."""
        path = self._path / name
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        with self._translated(name):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                with os.fdopen(os.open(partial, _NEW, 0o600), "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                yield partial, path
                synchronise(path.parent)
            finally:
                partial.unlink(missing_ok=True)

    @contextmanager
    def _translated(self, name: str) -> Generator[None]:
        try:
            yield
        except OSError as fault:
            raise BackupUnavailable(
                f"{self._path / name}: {fault.strerror or fault}; what was backed up before is unchanged"
            ) from None


def missing(place: object, name: str) -> LogCorrupt:
    """The error for a file that a backup names and that is not there."""
    return LogCorrupt(
        f"{place} has no {name}: it was removed, so the backups that name it cannot be restored"
    )


def taken(place: object, name: str) -> Refused:
    """The error for a file that is to be new and is there."""
    return Refused(
        f"{place} has {name} already: another backup was made at the same time; make this one again"
    )
