"""What a recording has of each instrument, without reading its rows: their number, and the first and the last one."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from adapters.market_recordings.digest import RowsDigest, digest_of
from adapters.market_recordings.held import READ, Held, held_in
from adapters.market_recordings.kind import KINDS
from adapters.market_recordings.manifest import MANIFEST, SealedFile, is_of, read_manifest, torn_lines
from adapters.market_recordings.parts import OPEN, parts_of
from adapters.market_recordings.reader import place_of_sealed, unreadable
from adapters.market_recordings.removal import removed_files
from adapters.market_recordings.sealing import DAMAGED, SUFFIX, by_instrument, file_of
from adapters.market_recordings.segment import Place
from adapters.market_recordings.stamp import Stamp, stamp_of
from domain.errors import InvalidInput, RecordingError
from domain.plain_text import counted

Key = tuple[str, str, str]
"""Instrument, name of the kind, and session."""
Contents = Mapping[Key, Held]
_Manifest = Mapping[str, SealedFile] | None
"""None of a recording of an earlier version, and where it was removed."""


def contents(root: Path, instruments: Collection[str] | None = None) -> Contents:
    """What the folder has of these instruments, of all where None; a row is counted once, whether it is sealed or not.

    Raises InvalidInput for a folder without a recording, for a file that is not a recording's or is cut short, and
    where the manifest and the sealed files do not fit: one of them is missing.
    """
    if not root.is_dir():
        raise InvalidInput(f"{root} is no folder; name one that `whence record` wrote")
    while True:
        manifest = read_manifest(root)
        try:
            return _contents(root, manifest, instruments)
        except (InvalidInput, RecordingError, FileNotFoundError):
            # A recorder that seals or removes files meanwhile has changed the manifest.
            if read_manifest(root) == manifest:
                raise


def _contents(root: Path, manifest: _Manifest, instruments: Collection[str] | None) -> Contents:
    found = dict[Key, Held]()
    for key, held in (*_sealed(root, manifest, instruments), *_open(root, manifest)):
        if instruments is None or key[0] in instruments:
            found[key] = held.with_(found[key]) if key in found else held
    for one in (manifest or {}).values():
        path = root / one.file
        if (instruments is None or path.parent.name in instruments) and not path.exists():
            raise InvalidInput(missing(root, one))
    if not found:
        raise InvalidInput(f"{root} has no recording of a market; name a folder that `whence record` wrote")
    return found


def missing(root: Path, one: SealedFile) -> str:
    """The sentence for a file that the manifest lists, and that is not there."""
    return (
        f"{root / one.file} is missing, which was sealed with {counted(one.rows, 'row')}: restore it; if you have "
        f"moved it, run `whence recordings relist {root}`"
    )


def unlisted(root: Path, path: Path) -> str:
    """The sentence for a file that was sealed with a line of the manifest, and has none."""
    return (
        f"{path} is in no line of {root / MANIFEST}, which was removed or shortened: restore it, or run "
        f"`whence recordings relist {root}`, which reads the rows of all files"
    )


def identity_of(found: Contents, instruments: frozenset[str]) -> str:
    """64 hexadecimal digits (SHA-256) that identify the rows of these instruments, sealed or not.

    Of what a manifest lists, and of segments beside one, the contents of the rows count. A recording of an earlier
    version has no manifest, and its rows are known by their numbers: a session never has two rows of one number.
    """
    lines = sorted("|".join((*key, held.line)) for key, held in found.items() if key[0] in instruments)
    return sha256("\n".join(lines).encode()).hexdigest()


def faults_of(root: Path, instruments: Collection[str] | None = None) -> Iterator[str]:
    """What of the recording is not as it was recorded: each sealed file that is missing, that no line of the manifest
    lists, or whose rows or line were changed, and each segment that was damaged before it was sealed.

    The rows of all files of these `instruments` are read, of all where None. Raises InvalidInput for a manifest that
    no recorder wrote.
    """
    manifest = read_manifest(root) or {}
    yield from _unlisted(root, manifest, instruments)
    for one in manifest.values():
        path = root / one.file
        if instruments is not None and path.parent.name not in instruments:
            continue
        if not path.exists():
            yield missing(root, one)
            continue
        try:
            with _parquet_file(path) as file:
                is_whole = digest_of(file.iter_batches()) == one.digest
                span = held_in(file.read(columns=READ)) if is_whole else None
        except (OSError, _arrow_fault()) as fault:
            yield f"{path} cannot be read: {str(fault).rstrip('.')}: restore it"
            continue
        if not is_whole:
            yield f"{path} was changed after it was sealed: restore it"
        elif span != Held(one.rows, one.first, one.last, one.begin_ns, one.end_ns):
            yield f"the line of {path} in {root / MANIFEST} was changed: restore the manifest"
    for path in sorted((root / DAMAGED).glob("*.arrow")):
        yield (
            f"{path} was damaged before it was sealed; what of it cannot be read is a gap of the recording (LOST): "
            "remove the file when nothing more is to be recovered from it"
        )


def _unlisted(
    root: Path, manifest: Mapping[str, SealedFile], instruments: Collection[str] | None
) -> Iterator[str]:
    """The files that the manifest should list: those of a line that cannot be read, and those with a stamp."""
    torn = torn_lines(root)
    for name, path in _files(root):
        file = path.relative_to(root).as_posix()
        if file in manifest or (instruments is not None and path.parent.name not in instruments):
            continue
        lines = [number for number, text in torn.items() if is_of(text, file)]
        try:
            stamp = _stamp(path)
        except InvalidInput as fault:
            yield str(fault)
            continue
        if _has_segment(root, name, path, stamp):
            continue
        if lines:
            yield f"line {lines[0]} of {root / MANIFEST}, that of {path}, cannot be read: restore it"
        elif stamp is not None:
            yield unlisted(root, path)


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    """The sealed files with the names of their kinds, less those that are being removed."""
    removed = removed_files(root)
    for name in KINDS:
        for path in sorted((root / name).glob(f"*/*/*{SUFFIX}")):
            if not removed(path):
                yield name, path


def sealed_files(root: Path) -> Iterator[Path]:
    """The sealed files whose segments are gone."""
    for name, path in _files(root):
        if not _has_segment(root, name, path, _stamp(path)):
            yield path


def _sealed(
    root: Path, manifest: _Manifest, instruments: Collection[str] | None
) -> Iterator[tuple[Key, Held]]:
    """A recorder that was killed while it sealed may have listed none of the files: the segment then counts."""
    for name, path in _files(root):
        if instruments is not None and path.parent.name not in instruments:
            continue
        _, _, session = path.stem.partition("-")
        listed = None if manifest is None else manifest.get(path.relative_to(root).as_posix())
        held = _not_listed(root, name, path) if listed is None else _listed(path, listed)
        if held is not None:
            yield (path.parent.name, name, session.partition("-")[0]), held


def _not_listed(root: Path, kind: str, path: Path) -> Held | None:
    """What a file has that the manifest does not list; None where its segment has it, too, and without rows.

    Raises InvalidInput for a file with a stamp: it was listed.
    """
    stamp = _stamp(path)
    if _has_segment(root, kind, path, stamp):
        return None
    if stamp is not None:
        raise InvalidInput(unlisted(root, path))
    return _read(path)


def _has_segment(root: Path, kind: str, path: Path, stamp: Stamp | None) -> bool:
    """Whether the segment is still there from which the file was sealed; an earlier version did not name it."""
    name = Place(KINDS[kind], *place_of_sealed(path)).file_name if stamp is None else stamp.segment
    return (root / OPEN / name).exists()


def _stamp(path: Path) -> Stamp | None:
    try:
        with _parquet_file(path) as file:
            return stamp_of(file)
    except (OSError, _arrow_fault()) as fault:
        raise unreadable(path, str(fault).rstrip(".")) from None


def _read(path: Path) -> Held | None:
    """What a file has that no manifest lists; None without rows."""
    try:
        with _parquet_file(path) as file:
            rows = file.read(columns=READ)
    except (OSError, KeyError, _arrow_fault()) as fault:
        raise unreadable(path, str(fault).rstrip(".")) from None
    return held_in(rows) if rows.num_rows else None


def _listed(path: Path, listed: SealedFile) -> Held:
    """What a file has as the manifest states it. Raises InvalidInput where its size is another one."""
    size = path.stat().st_size
    if size != listed.bytes:
        raise unreadable(path, f"it has {size:,} bytes, and was sealed with {listed.bytes:,}")
    span = (listed.rows, listed.first, listed.last, listed.begin_ns, listed.end_ns)
    return Held(*span, ((listed.first, listed.digest),))


def _open(root: Path, manifest: _Manifest) -> Iterator[tuple[Key, Held]]:
    """The rows of segments, less those of files that are listed: a recorder that was killed while it sealed leaves rows
    both in a segment and in a sealed file.
    """
    listed = manifest or {}
    for segment in sorted((root / OPEN).glob("*.arrow")):
        found = dict[Path, tuple[Key, Held, RowsDigest]]()
        for part in parts_of(root, segment):
            for instrument, rows in by_instrument(part.batch):
                path = file_of(root, part.place, instrument)
                if path.relative_to(root).as_posix() in listed:
                    continue
                key, held, digest = _key(instrument, part.place), held_in(rows), RowsDigest()
                if path in found:
                    _, before, digest = found[path]
                    held = held.with_(before)
                if manifest is not None:
                    digest.take(rows)
                found[path] = key, held, digest
        for key, held, digest in found.values():
            digests = ((held.first, digest.hexdigest()),) if manifest is not None else ()
            yield key, held._replace(digests=digests)


def _key(instrument: str, place: Place) -> Key:
    return instrument, place.kind.name, str(place.session)


def _parquet_file(path: Path) -> Any:
    return importlib.import_module("pyarrow.parquet").ParquetFile(path)


def _arrow_fault() -> type[Exception]:
    fault: type[Exception] = importlib.import_module("pyarrow").ArrowException
    return fault
