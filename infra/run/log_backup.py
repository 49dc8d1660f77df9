"""Backups of logs, made while an engine writes: docs/decisions/0089-export.md.

A log in a SQLite file is backed up as `log.db` with its tape `log.db.inputs`, any other log as an export in `events`,
on Kafka with its tape `events.inputs`. `backup.json` states what is there. The log in a backup is a copy: no engine
writes it until it is adopted.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing, contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from adapters.export.folder import STATE
from adapters.export.following import Export
from adapters.export.rows import read_export
from adapters.inputs.sqlite import batches_in_sqlite, tape_path, write_sqlite
from adapters.log.address import SqliteAddress, parse_address
from adapters.log.moved import is_unproven
from adapters.log.recorder_log import RecordedLog
from adapters.log.storage import made_copy
from adapters.marks.signature import Signer
from adapters.notary.folder import KEY
from adapters.notary.key import read_key
from adapters.notary.leaves import leaf_of, leaves, log_id_of
from adapters.whole_file import replace_file
from domain.errors import InvalidInput, KeyMissing, LogCorrupt, LogUnavailable, MarkRefused
from domain.notary.merkle import CompactRange
from infra.config import WhenceSettings
from infra.inputs import has_tape, taped_batches, write_tape
from infra.logs import keys_of, open_any, open_reader
from infra.notary import notarys_folder

STATEMENT: Final = "backup.json"
_LOG: Final = "log.db"
_EVENTS: Final = "events"
_NAMED: Final = 5
"""The most files that an error names."""
_EXPORTED: Final = f"{_EVENTS}/{STATE}"
_FILES: Final = (_LOG, f"{_LOG}.inputs", _EXPORTED, f"{_EVENTS}.inputs")


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds.

    `events` is the last ordinal and `leaf` the hash of the leaf there. `files` have their SHA-256. `keys` are the
    ids of the installation's keys, of which a restored log needs the files; the backup holds no secret. `notary` is the
    notary's public key, empty where this user has none for the log.

    An export has no marks, so its backup has `root`, the root of the notary's tree over its events, and `signature`, of
    all of this with the installation's newest key; empty where the log itself could not be verified. Both are in
    hexadecimal digits. `without_tape` is why the log's tape is not in the backup; empty where it is, or where the log
    has none.
    """

    log: str
    events: int
    leaf: str
    files: dict[str, str]
    keys: list[str]
    notary: str = ""
    root: str = ""
    signature: str = ""
    without_tape: str = ""

    @property
    def purpose(self) -> bytes:
        """See `adapters.marks.signature.Signable`."""
        return b"whence backup 01"

    @property
    def parts(self) -> Sequence[bytes]:
        """See `adapters.marks.signature.Signable`."""
        return (msgspec.json.encode(replace(self, signature="")),)


def backed_up(settings: WhenceSettings, folder: Path) -> Backup:
    """Backs the configured log up into the folder, which must be new, or empty.

    A backup that fails leaves nothing there, so that the same command can be repeated. Raises InvalidInput where the
    folder has files, LogUnavailable where it cannot be written, and what reading raises.
    """
    address = parse_address(settings.log)
    without_tape = ""
    with _writable(folder), ExitStack() as held:
        with closing(open_reader(settings)) as log:
            log_id = str(log_id_of(log))
            held.enter_context(_made(folder))
            unproven = is_unproven(log)
            signs = not unproven and not log.unverified()
            if not isinstance(address, SqliteAddress):
                with closing(Export(log, folder / _EVENTS)) as export:
                    for _ in export.advance():
                        pass
        if isinstance(address, SqliteAddress):
            # The log first: a tape that is longer than its log is as after a kill, a log without its inputs is not.
            _copy(address.path, folder / _LOG, is_log=True, unproven=unproven)
            tape = tape_path(address.path)
            if tape.exists():
                _copy(tape, tape_path(folder / _LOG))
        else:
            without_tape = _kept_tape(settings, folder)
        with closing(_source(settings, folder)) as kept:
            events = kept.head()
            (last,) = kept.placed(events - 1, events)
            root = "" if (folder / _LOG).exists() else _root(kept, events)
        found = [one for one in _FILES if (folder / one).exists()]
        backup = Backup(
            log=log_id,
            events=events,
            leaf=leaf_of(last).hash.hex(),
            files={name: _digest(folder / name) for name in found},
            keys=[key.hex() for key in keys_of(settings).read()],
            notary=_notary(log_id),
            root=root,
            without_tape=without_tape,
        )
        if root and signs:
            backup = replace(backup, signature=Signer(keys_of(settings)).signature(backup).hex())
        replace_file(folder / STATEMENT, msgspec.json.format(msgspec.json.encode(backup)) + b"\n")
    return backup


@contextmanager
def _made(folder: Path) -> Generator[None]:
    """Makes the folder where it is missing; what a backup has put into it is removed again where the backup fails.

    Raises InvalidInput where the folder has files, which it names.
    """
    is_new = not folder.exists()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_empty(folder)
    try:
        yield
    except BaseException:
        _remove(folder, is_new=is_new)
        raise


def _remove(folder: Path, *, is_new: bool) -> None:
    """Removes the files of a backup, and the folder where the backup made it and nothing else is in it."""
    for path in (path for name in (_LOG, _EVENTS, STATEMENT) for path in folder.glob(f"{name}*")):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    if is_new and not any(folder.iterdir()):
        folder.rmdir()


def _check_empty(folder: Path) -> None:
    if not (names := sorted(one.name for one in folder.iterdir())):
        return
    named = f"{', '.join(names[:_NAMED])}{' and more' if len(names) > _NAMED else ''}"
    unfinished = "" if STATEMENT in names else f"; a backup that has ended has {STATEMENT}, too"
    raise InvalidInput(f"{folder} holds files: name an empty folder for the backup ({named}{unfinished})")


@contextmanager
def opened_backup(settings: WhenceSettings, folder: Path) -> Generator[tuple[RecordedLog, str]]:
    """The log of the backup in the folder, for reading, and why nothing proves its events; empty where they are proven.

    Raises InvalidInput where there is no whole backup, and LogCorrupt where a file is not as it was written.
    """
    try:
        backup = msgspec.json.decode((folder / STATEMENT).read_bytes(), type=Backup)
    except OSError as fault:
        raise InvalidInput(f"{folder} is no whole backup: {STATEMENT}: {fault.strerror}") from None
    except msgspec.MsgspecError as fault:
        raise InvalidInput(f"{folder / STATEMENT} does not state what the backup holds: {fault}") from None
    for name, digest in backup.files.items():
        path = folder / name
        if not path.is_file() or _digest(path) != digest:
            raise LogCorrupt(f"{path} is not as the backup made it: take another backup")
    with closing(_source(settings, folder)) as log:
        last = next(iter(log.placed(backup.events - 1, log.head())), None)
        if log.head() != backup.events or last is None or leaf_of(last).hash.hex() != backup.leaf:
            raise LogCorrupt(f"{folder} does not end with event {backup.events}, as the backup states")
        yield log, _doubt(settings, folder, backup, log)


def _doubt(settings: WhenceSettings, folder: Path, backup: Backup, log: RecordedLog) -> str:
    """Why neither marks nor the signature prove the events. Raises LogCorrupt where the signed root is of others."""
    if backup.root and backup.root != _root(log, backup.events):
        raise LogCorrupt(f"the events in {folder} are not those that were backed up: take another backup")
    doubt = log.unverified()
    if not doubt or (folder / _LOG).exists():
        return doubt
    keys = keys_of(settings)
    if not backup.signature or not keys.read():
        lacks = (
            "has no signature" if not backup.signature else f"is signed, and there is no key in {keys.path}"
        )
        return f"{doubt}: {folder / STATEMENT} {lacks}"
    try:
        Signer(keys).check(backup, bytes.fromhex(backup.signature))
    except (MarkRefused, KeyMissing, ValueError) as fault:
        return f"{doubt}: {folder / STATEMENT}: {fault}"
    return "" if backup.root else f"{doubt}: {folder / STATEMENT} has no root of its events"


def _root(log: RecordedLog, events: int) -> str:
    tree = CompactRange()
    for leaf in leaves(log, 0, events):
        tree.append(leaf.hash)
    return tree.root().hex()


def _kept_tape(settings: WhenceSettings, folder: Path) -> str:
    """Writes the tape of a log on Kafka to a file; returns why it could not, or an empty text.

    Which records of a topic are the tape is known by the installation's key alone.
    """
    if not has_tape(settings):
        return ""
    try:
        write_sqlite(folder / _EVENTS, taped_batches(settings))
    except KeyMissing as fault:
        return str(fault)
    return ""


def restore_tape(settings: WhenceSettings, folder: Path) -> bool:
    """Writes the tape of the backup for the restored log; returns whether it did.

    It does not where the backup has no tape, and for a log of a kind without tapes.
    Raises what `write_tape` raises, LogCorrupt, KeyMissing.
    """
    of = next((name for name in (_LOG, _EVENTS) if tape_path(folder / name).exists()), None)
    if of is None:
        return False
    with closing(open_any(settings, copies=True)) as copy:
        return write_tape(settings, copy, batches_in_sqlite(folder / of, keys_of(settings)))


def _source(settings: WhenceSettings, folder: Path) -> RecordedLog:
    path = folder / _LOG
    if not path.exists():
        return read_export(folder / _EVENTS)
    return open_reader(settings.model_copy(update={"log": str(SqliteAddress(path.absolute()))}))


def _copy(source: Path, target: Path, *, is_log: bool = False, unproven: bool = False) -> None:
    """Copies a database as it is at one moment, also while another process writes to it."""
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with ExitStack() as held:
            uri = f"{source.resolve().as_uri()}?mode=ro"
            read = held.enter_context(closing(sqlite3.connect(uri, uri=True)))
            made = held.enter_context(closing(sqlite3.connect(partial)))
            read.backup(made)
            made.execute("PRAGMA journal_mode=DELETE")
            if is_log:
                made_copy(made, unproven=unproven)
            made.commit()
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(target)
    except sqlite3.Error as fault:
        raise LogUnavailable(f"{source} cannot be copied to {target}: {fault}") from None
    finally:
        partial.unlink(missing_ok=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _notary(log_id: str) -> str:
    path = notarys_folder(log_id) / KEY
    return str(read_key(path).verifier) if path.exists() else ""


@contextmanager
def _writable(folder: Path) -> Generator[None]:
    try:
        yield
    except OSError as fault:
        raise LogUnavailable(f"{folder} cannot be written: {fault.strerror or fault}") from None
