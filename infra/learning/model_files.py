"""Model files in a folder, named by the hash of their bytes."""

from __future__ import annotations

import os
import stat
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from adapters.whole_file import write_file
from domain.errors import InvalidInput
from domain.models.ensemble import Ensemble
from domain.models.file import MOST_BYTES, ModelFile, read_file, read_model


def file_bytes(path: Path) -> bytes:
    """The bytes of a model file. Raises OSError where it cannot be read, InvalidInput where it is too large or no
    regular file: reading a pipe or a device may never end.
    """
    with open(path, "rb", opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise InvalidInput(f"{path} is not a regular file")
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise InvalidInput(f"{path} has more than {MOST_BYTES:,} bytes, the most that a model file may have")
    return data


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def write_model(folder: Path, data: bytes) -> Path:
    """Writes the file as a whole as `<sha256>.json`; the folder is made where there is none.

    Raises InvalidInput where the bytes are no model, or the file cannot be written.
    """
    place = folder / f"{read_model(data).sha256}.json"
    write_file(place, lambda file: file.write(data))
    return place


class OpenedModel(NamedTuple):
    """A model file that was read once: its content, its model, and the bytes that both were read from."""

    file: ModelFile
    model: Ensemble
    data: bytes


def open_model(path: Path) -> OpenedModel:
    """The content of a file, its model and its bytes. Raises InvalidInput, which names the file, where it cannot be
    read, is damaged, or is named by another hash than its own.
    """
    try:
        data = file_bytes(path)
    except OSError as fault:
        raise InvalidInput(f"{path} cannot be read: {fault.strerror}") from None
    found = sha256(data).hexdigest()
    if _is_hash(path.stem) and path.stem != found:
        raise InvalidInput(
            f"{path} was changed: its bytes have the SHA-256 {found}; take the file from a copy"
        )
    try:
        return OpenedModel(read_file(data), read_model(data), data)
    except InvalidInput as fault:
        raise InvalidInput(f"{path}: {fault}") from None


def _is_hash(name: str) -> bool:
    return len(name) == 64 and set(name) <= set("0123456789abcdef")
