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
from adapters.market_recordings.reader import place_of_sealed, unreadable
from adapters.market_recordings.recorder import OPEN
from adapters.market_recordings.sealing import SUFFIX, by_instrument, file_of
from adapters.market_recordings.segment import Place, batches, place_of
from domain.errors import InvalidInput
from domain.plain_text import counted

Key = tuple[str, str, str]
"""Instrument, name of the kind, and session."""
Contents = Mapping[Key, Held]


def contents(root: Path) -> Contents:
    """What the folder has; a row is counted once, whether it is sealed or not.

    Raises InvalidInput for a folder without a recording, and for a file that is not a recording's or is cut short.
    """
    if not root.is_dir():
        raise InvalidInput(f"{root} is no folder; name one that `whence record` wrote")
    manifest = read_manifest(root)
    found = dict[Key, Held]()
    for key, held in (*_sealed(root, manifest), *_open(root, manifest)):
        found[key] = held.with_(found[key]) if key in found else held
    if not found:
        raise InvalidInput(f"{root} has no recording of a market; name a folder that `whence record` wrote")
    return found


def identity_of(found: Contents, instruments: frozenset[str]) -> str:
    """64 hexadecimal digits (SHA-256) that identify the rows of these instruments, sealed or not.

    Of what a manifest lists, and of segments beside one, the contents of the rows count. A recording of an earlier
    version has no manifest, and its rows are known by their numbers: a session never has two rows of one number.
    """
    lines = sorted("|".join((*key, held.line)) for key, held in found.items() if key[0] in instruments)
    return sha256("\n".join(lines).encode()).hexdigest()


def faults_of(root: Path, instruments: Collection[str] | None = None) -> Iterator[str]:
    """What of the sealed files is not as it was sealed: each file that is missing, whose rows were changed, or whose
    line of the manifest was.

    The rows of all files of these `instruments` are read, of all where None. Raises InvalidInput for a manifest that
    no recorder wrote.
    """
    manifest = read_manifest(root) or {}
    yield from _unlisted(root, manifest)
    for one in manifest.values():
        path = root / one.file
        if instruments is not None and path.parent.name not in instruments:
            continue
        if not path.exists():
            yield (
                f"{path} is missing, which was sealed with {counted(one.rows, 'row')}: restore it, or remove its line "
                f"from {root / MANIFEST} if you have moved it"
            )
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


def _unlisted(root: Path, manifest: Mapping[str, SealedFile]) -> Iterator[str]:
    """The unreadable lines of the manifest whose files no later line lists, and whose segments are gone."""
    torn = torn_lines(root)
    for name in KINDS if torn else ():
        for path in sorted((root / name).glob(f"*/*/*{SUFFIX}")):
            file = path.relative_to(root).as_posix()
            if file in manifest or _segment_of(root, name, path).exists():
                continue
            yield from (
                f"line {number} of {root / MANIFEST}, that of {path}, cannot be read: restore it"
                for number, text in torn.items()
                if is_of(text, file)
            )


_Manifest = Mapping[str, SealedFile] | None
"""None of a recording of an earlier version."""


def _sealed(root: Path, manifest: _Manifest) -> Iterator[tuple[Key, Held]]:
    """A recorder that was killed while it sealed may have listed none of the files: the segment then counts."""
    for name in KINDS:
        for path in sorted((root / name).glob(f"*/*/*{SUFFIX}")):
            _, _, session = path.stem.partition("-")
            listed = None if manifest is None else manifest.get(path.relative_to(root).as_posix())
            if listed is None and manifest is not None and _segment_of(root, name, path).exists():
                continue
            held = _read(path) if listed is None else _listed(path, listed)
            if held is not None:
                yield (path.parent.name, name, session.partition("-")[0]), held


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
    is_listed = manifest is not None
    for path in sorted((root / OPEN).glob("*.arrow")):
        place = place_of(path)
        parts = dict[str, tuple[Held, RowsDigest]]()
        for instrument, rows in (one for batch in batches(path) for one in by_instrument(batch)):
            if _is_sealed(root, place, instrument, manifest):
                continue
            held, digest = held_in(rows), RowsDigest()
            if instrument in parts:
                before, digest = parts[instrument]
                held = held.with_(before)
            if is_listed:
                digest.take(rows)
            parts[instrument] = held, digest
        for instrument, (held, digest) in parts.items():
            digests = ((held.first, digest.hexdigest()),) if is_listed else ()
            yield (instrument, place.kind.name, str(place.session)), held._replace(digests=digests)


def _is_sealed(root: Path, place: Place, instrument: str, manifest: _Manifest) -> bool:
    """A recorder that was killed while it sealed leaves rows both in a segment and in a sealed file."""
    path = file_of(root, place, instrument)
    return path.exists() and (manifest is None or path.relative_to(root).as_posix() in manifest)


def _segment_of(root: Path, kind: str, path: Path) -> Path:
    """The segment from which the file was sealed."""
    return root / OPEN / Place(KINDS[kind], *place_of_sealed(path)).file_name


def _parquet_file(path: Path) -> Any:
    return importlib.import_module("pyarrow.parquet").ParquetFile(path)


def _arrow_fault() -> type[Exception]:
    fault: type[Exception] = importlib.import_module("pyarrow").ArrowException
    return fault
