"""Writes a file as a whole, so that a reader never sees half of it, and makes a folder's entries durable."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from domain.errors import InvalidInput


@contextmanager
def replacing(path: Path, mode: int = 0o666) -> Generator[BinaryIO]:
    """A new file beside `path`, which is put in the file's place at the end. `mode` are the permissions of a new file,
    less the process's umask. After any error the file is as it was. Raises OSError where it cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            yield file
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def write_file(place: Path, write: Callable[[BinaryIO], object]) -> None:
    """Writes the whole file by `write`, durably; its folder is made where there is none. Raises InvalidInput where the
    file cannot be written; it is then as it was.
    """
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with replacing(place) as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        synchronise(place.parent)
    except OSError as fault:
        raise InvalidInput(f"{place} cannot be written: {fault.strerror}") from None


def replace_file(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Writes `data` as the whole file. Raises OSError where it cannot; see `replacing`."""
    with replacing(path, mode) as file:
        file.write(data)


def synchronise(folder: Path) -> None:
    """Makes the names of the files and folders in this folder durable; their content is not. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
