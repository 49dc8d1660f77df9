"""Writes the manifest of a recording anew from its sealed files, each of which is read and checked."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from adapters.market_recordings.contents import sealed_files
from adapters.market_recordings.digest import RowsDigest
from adapters.market_recordings.held import Held, held_in
from adapters.market_recordings.lock import lock_folder
from adapters.market_recordings.manifest import MANIFEST, SealedFile, read_manifest
from adapters.market_recordings.reader import unreadable
from adapters.market_recordings.stamp import stamp_of
from adapters.whole_file import replace_file, synchronise
from domain.errors import InvalidInput


class Relisted(NamedTuple):
    """How many files the manifest has now, and those that it lists anew or no more, as paths in the recording."""

    listed: int
    added: Sequence[str]
    removed: Sequence[str]


def relist(root: Path) -> Relisted:
    """Lists every sealed file with a stamp, and those of earlier versions that were listed; no other file.

    Raises InvalidInput for a folder that is none, for one to which a recorder writes, for a file that cannot be read,
    and for one whose rows are not those that were sealed. The manifest then stays as it is.
    """
    if not root.is_dir():
        raise InvalidInput(f"{root} is no folder; name one that `whence record` wrote")
    lock = lock_folder(root)
    try:
        before = read_manifest(root) or {}
        found = {one.file: one for one in _listed(root, before)}
        try:
            replace_file(
                root / MANIFEST, b"".join(msgspec.json.encode(one) + b"\n" for one in found.values())
            )
            synchronise(root)
        except OSError as fault:
            raise InvalidInput(f"{root / MANIFEST} cannot be written: {fault.strerror}") from None
    finally:
        os.close(lock)
    return Relisted(len(found), sorted(found.keys() - before), sorted(before.keys() - found))


def _listed(root: Path, before: Mapping[str, SealedFile]) -> Iterator[SealedFile]:
    for path in sealed_files(root):
        file = path.relative_to(root).as_posix()
        digest, held, stamped = _read(path)
        known = before.get(file)
        sealed = stamped or (None if known is None else known.digest)
        if sealed is None or held is None:
            continue
        if sealed != digest:
            raise InvalidInput(
                f"{path} was changed after it was sealed: restore it, or move it to another folder"
            )
        yield SealedFile(
            file=file,
            bytes=path.stat().st_size,
            rows=held.rows,
            first=held.first,
            last=held.last,
            begin_ns=held.begin_ns,
            end_ns=held.end_ns,
            digest=digest,
        )


def _read(path: Path) -> tuple[str, Held | None, str | None]:
    """The digest of the file's rows, what it has (None without rows), and the digest that it states."""
    arrow, parquet = (importlib.import_module(name) for name in ("pyarrow", "pyarrow.parquet"))
    digest, held = RowsDigest(), None
    try:
        with parquet.ParquetFile(path) as file:
            stamp = stamp_of(file)
            for batch in file.iter_batches():
                digest.take(batch)
                held = _with(held, batch)
    except (OSError, arrow.ArrowException) as fault:
        raise unreadable(path, str(fault).rstrip(".")) from None
    return digest.hexdigest(), held, None if stamp is None else stamp.digest


def _with(held: Held | None, batch: Any) -> Held:
    found = held_in(batch)
    return found if held is None else found.with_(held)
