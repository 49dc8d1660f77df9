"""A digest of rows that is the same however they are divided into batches, in a segment or in a sealed file."""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

import numpy as np


class RowsDigest:
    """SHA-256 over the values of each column, in order of the rows.

    Each column is hashed on its own, because a segment and a file divide the same rows into other batches. Texts are
    hashed with their lengths, levels with the number of levels of each row.
    """

    def __init__(self) -> None:
        self._hashes = defaultdict[str, Any](sha256)

    def take(self, batch: Any) -> None:
        """Takes the next rows, an Arrow batch."""
        for name in batch.schema.names:
            for part, values in _parts(name, batch.column(name)):
                self._hashes[part].update(values)

    def hexdigest(self) -> str:
        """64 hexadecimal digits."""
        lines = (f"{name}|{one.hexdigest()}" for name, one in sorted(self._hashes.items()))
        return sha256("\n".join(lines).encode()).hexdigest()


def digest_of(batches: Iterable[Any]) -> str:
    """The digest of the rows of these batches."""
    digest = RowsDigest()
    for one in batches:
        digest.take(one)
    return digest.hexdigest()


def _parts(name: str, column: Any) -> Iterator[tuple[str, bytes]]:
    types = importlib.import_module("pyarrow.types")
    if types.is_list(column.type):
        yield f"{name} counts", np.diff(column.offsets.to_numpy()).astype("<i4").tobytes()
        flat = column.flatten()
        for place, field in enumerate(flat.type):
            yield from _parts(f"{name} {field.name}", flat.flatten()[place])
    elif types.is_string(column.type):
        yield from _of_texts(name, column)
    else:
        compute = importlib.import_module("pyarrow.compute")
        yield f"{name} nulls", np.asarray(column.is_null()).tobytes()
        whole = compute.fill_null(column, False if types.is_boolean(column.type) else 0)
        yield name, np.ascontiguousarray(whole.to_numpy(zero_copy_only=False)).tobytes()


def _of_texts(name: str, column: Any) -> Iterator[tuple[str, bytes]]:
    """A recorder never leaves a text out, so a missing one counts as empty."""
    _, places, values = column.buffers()
    ends = np.frombuffer(places, "<i4")[column.offset : column.offset + len(column) + 1]
    yield f"{name} lengths", np.diff(ends).tobytes()
    if values is not None and len(ends):
        yield name, memoryview(values)[int(ends[0]) : int(ends[-1])].tobytes()
