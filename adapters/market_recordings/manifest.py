"""The manifest of a recording: a line of JSON for each sealed file, appended when it is sealed.

A recording of an earlier version has none, and its files are not in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from domain.errors import InvalidInput

MANIFEST: Final = "manifest.jsonl"


class SealedFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was sealed. `file` is the path inside the recording, with slashes; `bytes` is its size.

    `first` and `last` are numbers of rows, `begin_ns` and `end_ns` times of arrival in nanoseconds since 1970, `digest`
    is that of `RowsDigest`.
    """

    file: str
    bytes: int
    rows: int
    first: int
    last: int
    begin_ns: int
    end_ns: int
    digest: str


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(SealedFile)


def begin_manifest(root: Path) -> None:
    """Makes the manifest where it is missing. Raises OSError."""
    (root / MANIFEST).open("ab").close()


def append_to_manifest(root: Path, files: Iterable[SealedFile]) -> None:
    """Appends the lines, durable when this returns. Raises OSError.

    A program that was killed may have left the last line torn; the lines begin after it.
    """
    with (root / MANIFEST).open("ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.writelines(_ENCODER.encode(one) + b"\n" for one in files)
        file.flush()
        os.fsync(file.fileno())


def read_manifest(root: Path) -> Mapping[str, SealedFile] | None:
    """The sealed files by path; None where the recording has no manifest.

    A file that was sealed twice, after a kill, counts as it was sealed last. A torn line is of a file whose segment is
    still there, or that a later line lists. Raises InvalidInput for a line that no recorder wrote.
    """
    lines = _lines_of(root)
    if lines is None:
        return None
    sealed = (one for _, one in _read(root, lines) if isinstance(one, SealedFile))
    return {one.file: one for one in sealed}


def torn_lines(root: Path) -> Mapping[int, bytes]:
    """The lines of the manifest that are no JSON, by their numbers from 1 on. Raises as `read_manifest` does."""
    return {number: one for number, one in _read(root, _lines_of(root) or ()) if isinstance(one, bytes)}


def is_of(torn: bytes, file: str) -> bool:
    """Whether the torn line may be that of the file."""
    begin = b'{"file":' + _ENCODER.encode(file)
    return torn.startswith(begin) or begin.startswith(torn)


def _lines_of(root: Path) -> Sequence[bytes] | None:
    path = root / MANIFEST
    try:
        return path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise InvalidInput(f"{path} cannot be read: {fault.strerror}") from None


def _read(root: Path, lines: Sequence[bytes]) -> Iterator[tuple[int, SealedFile | bytes]]:
    """Each line with its number, as bytes where it is torn."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield number, _DECODER.decode(line)
        except msgspec.ValidationError as fault:
            raise InvalidInput(
                f"line {number} of {root / MANIFEST} is none of a recording: {fault}"
            ) from None
        except msgspec.DecodeError:  # torn by a kill
            yield number, line
