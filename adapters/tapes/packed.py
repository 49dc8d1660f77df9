"""Unpacks gzip and zip in bounded memory."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Sequence

from domain.errors import InvalidTape

MOST_BYTES = 256 << 20
"""The largest candle file, packed or unpacked: five years of minutes have some 200 MiB as CSV."""
GZIP = b"\x1f\x8b"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")

_MOST_MEMBERS = 1_000
_DIRECTORY_ENTRY = b"PK\x01\x02"
_CANDLES, _TEXTS = (".csv", ".json", ".feather", ".parquet", ".gz"), (".tsv", ".txt")
_DAMAGED = (zipfile.BadZipFile, OSError, EOFError, zlib.error, ValueError)


def unpack_gzip(file: str, data: bytes) -> bytes:
    """The unpacked bytes. Raises InvalidTape where they are damaged or more than MOST_BYTES."""
    with gzip.open(io.BytesIO(data)) as stream:
        return _bounded(file, stream.read, "gzip file")


def unpack_zip(file: str, data: bytes) -> tuple[str, bytes]:
    """The name and the bytes of the archive's only candle file.

    Raises InvalidTape where there is none or more than one, or it is damaged, encrypted or more than MOST_BYTES.
    """
    # Counted before the archive is opened, because the library reads the whole directory into objects.
    if data.count(_DIRECTORY_ENTRY) > _MOST_MEMBERS:
        raise InvalidTape(
            file, None, f"is a zip archive of more than {_MOST_MEMBERS:,} files: unpack it first"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if "[Content_Types].xml" in archive.namelist():
                raise InvalidTape(file, None, "is an Excel workbook: save the sheet as CSV")
            name = _chosen(file, [one.filename for one in archive.infolist() if not one.is_dir()])
            with archive.open(name) as stream:
                return name, _bounded(file, stream.read, "zip archive")
    except (RuntimeError, NotImplementedError):
        # zipfile raises these for encrypted members and for unknown methods of compression.
        raise InvalidTape(file, None, "is an encrypted or unusual zip archive: unpack it first") from None
    except _DAMAGED:
        raise InvalidTape(file, None, "is a damaged zip archive: download it again") from None


def _chosen(file: str, names: Sequence[str]) -> str:
    visible = [name for name in names if not _is_hidden(name)]
    tables = [name for name in visible if name.lower().endswith(_CANDLES)]
    tables = tables or [name for name in visible if name.lower().endswith(_TEXTS)] or visible
    if len(tables) == 1:
        return tables[0]
    if not tables:
        raise InvalidTape(file, None, "is a zip archive without a file")
    named = ", ".join(tables[:5]) + (", …" if len(tables) > 5 else "")
    raise InvalidTape(
        file, None, f"is a zip archive of {len(tables)} files ({named}): unpack the one to trade"
    )


def _is_hidden(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith(".")


def _bounded(file: str, read: Callable[[int], bytes], kind: str) -> bytes:
    # The size that an archive states is not trusted: reading ends one byte after the bound.
    try:
        data = read(MOST_BYTES + 1)
    except _DAMAGED:
        raise InvalidTape(file, None, f"is a damaged {kind}: download it again") from None
    if len(data) > MOST_BYTES:
        raise InvalidTape(file, None, f"unpacks to more than {MOST_BYTES >> 20} MiB: split it by time")
    return data
