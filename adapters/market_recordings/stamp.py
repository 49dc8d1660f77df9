"""What a sealed file states of itself, so that it is known to belong to a manifest, and not changed, without one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

_SEGMENT: Final = "whence.segment"
_DIGEST: Final = "whence.digest"


class Stamp(NamedTuple):
    """The name of the segment from which the file was sealed, and the digest of its rows (`RowsDigest`)."""

    segment: str
    digest: str


def write_stamp(writer: Any, segment: str, digest: str) -> None:
    """States both in the file of this Parquet writer, which is closed afterwards."""
    writer.add_key_value_metadata({_SEGMENT: segment, _DIGEST: digest})


def stamp_of(file: Any) -> Stamp | None:
    """The stamp of an opened Parquet file; None of a recording of an earlier version."""
    held: Mapping[bytes, bytes] = file.metadata.metadata or {}
    try:
        return Stamp(held[_SEGMENT.encode()].decode(), held[_DIGEST.encode()].decode())
    except KeyError:
        return None
