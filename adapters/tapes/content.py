"""Reads the bytes of a candle file, unpacked, and refuses kinds of files that hold no candles."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath

from adapters.tapes.packed import GZIP, MOST_BYTES, ZIP, unpack_gzip, unpack_zip
from domain.errors import InvalidTape

_FAULTS: Mapping[type[OSError], str] = {
    FileNotFoundError: "there is no such file",
    NotADirectoryError: "there is no such file",
    PermissionError: "cannot be read: check its permissions",
}
_UNREADABLE = (
    (b"\xfd7zXZ\x00", "is compressed with xz: decompress it first"),
    (b"BZh", "is compressed with bzip2: decompress it first"),
    (b"\x28\xb5\x2f\xfd", "is compressed with Zstandard: decompress it first"),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive: unpack it first"),
    (b"Rar!", "is a RAR archive: unpack it first"),
    (b"\x89HDF", "is an HDF5 file: convert it to CSV, feather or parquet first"),
    (b"FEA1", "is a feather file of version 1: write it again with pandas' to_feather"),
    (b"SQLite format 3", "is an SQLite database, not a file of candles"),
    (b"\xd0\xcf\x11\xe0", "is an Excel workbook: save the sheet as CSV"),
    (b"%PDF", "is a PDF document, not a file of candles"),
    (b"\x93NUMPY", "is a NumPy array: write it as CSV"),
)
"""The first bytes of files that are refused by name. Source: the formats' own documentation of their magic numbers."""
_PAGES = (b"<!doctype", b"<html", b"<?xml")
_TAR_AT, _TAR = 257, b"ustar"


@dataclass(frozen=True, slots=True)
class Content:
    """`data` are the unpacked bytes of a file.

    `name` is the file's name, `inner` that of the member of a zip archive, else the same. `packing` is `gzip`, `zip` or
    empty. `modified` is the file's modification time (UTC); of a packed file it is None, because archives keep or
    invent other times.
    """

    file: str
    name: PurePath
    inner: PurePath
    data: bytes
    packing: str
    modified: datetime | None


def read_content(path: Path) -> Content:
    """Reads a file and unpacks gzip and zip, up to MOST_BYTES.

    Raises InvalidTape where the file cannot be read, is too large, or is of a kind that is not read.
    """
    data, modified = _read(path)
    content = _unpacked(path, data, modified)
    _check_kind(content)
    return content


def _read(path: Path) -> tuple[bytes, datetime]:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise InvalidTape(str(path), None, "is a folder, not a file of candles")
        if not stat.S_ISREG(status.st_mode):
            # Reading a pipe or a device may never end and cannot be repeated after a restart.
            raise InvalidTape(str(path), None, "is not a regular file")
        if status.st_size > MOST_BYTES:
            raise InvalidTape(str(path), None, f"is larger than {MOST_BYTES >> 20} MiB: split it by time")
        return path.read_bytes(), datetime.fromtimestamp(status.st_mtime, UTC)
    except OSError as error:
        fault = _FAULTS.get(type(error), f"cannot be read: {error.strerror}")
        raise InvalidTape(str(path), None, fault) from None


def _unpacked(path: Path, data: bytes, modified: datetime) -> Content:
    if data.startswith(GZIP):
        return Content(str(path), path, path, unpack_gzip(str(path), data), "gzip", None)
    if data.startswith(ZIP):
        inner, unpacked = unpack_zip(str(path), data)
        return Content(str(path), path, PurePath(inner), unpacked, "zip", None)
    return Content(str(path), path, path, data, "", modified)


def _check_kind(content: Content) -> None:
    data = content.data
    if content.packing and data.startswith((GZIP, *ZIP)):
        raise InvalidTape(content.file, None, "is packed twice: unpack it once")
    for signature, fault in _UNREADABLE:
        if data.startswith(signature):
            raise InvalidTape(content.file, None, fault)
    if data[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        raise InvalidTape(content.file, None, "is a tar archive: unpack it first")
    if data[:100].lstrip().lower().startswith(_PAGES):
        raise InvalidTape(content.file, 1, "is a web page, not a file of candles: download the file again")
