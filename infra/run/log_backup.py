"""Backups of logs, made while an engine writes: docs/decisions/0089-export.md.

A log in a SQLite file is backed up as `log.db` with its tape `log.db.inputs`, any other log as an export in `events`.
`backup.json` states what is there. The log in a backup is a copy: no engine writes it until it is adopted.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import Final

import msgspec
from platformdirs import user_data_path

from adapters.export.folder import STATE
from adapters.export.following import Export
from adapters.export.rows import read_export
from adapters.inputs.sqlite import tape_path
from adapters.log.address import SqliteAddress, parse_address
from adapters.log.recorder_log import RecordedLog
from adapters.log.storage import made_copy
from adapters.notary.folder import KEY
from adapters.notary.key import read_key
from adapters.notary.leaves import leaf_of, log_id_of
from adapters.whole_file import replace_file
from domain.errors import InvalidInput, LogCorrupt, LogUnavailable
from infra.config import WhenceSettings
from infra.logs import keys_of, open_reader

STATEMENT: Final = "backup.json"
_LOG: Final = "log.db"
_EVENTS: Final = "events"
_EXPORTED: Final = f"{_EVENTS}/{STATE}"


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds.

    `events` is the last ordinal and `leaf` the hash of the leaf there. `files` have their SHA-256. `keys` are the
    ids of the installation's keys, of which a restored log needs the files; the backup holds no secret. `notary` is the
    notary's public key, empty where this user has none for the log.
    """

    log: str
    events: int
    leaf: str
    files: dict[str, str]
    keys: list[str]
    notary: str = ""


def backed_up(settings: WhenceSettings, folder: Path) -> Backup:
    """Backs the configured log up into the folder, which must be new, or empty.

    Raises InvalidInput where the folder has files, LogUnavailable where it cannot be written, and what reading raises.
    """
    address = parse_address(settings.log)
    with _writable(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InvalidInput(f"{folder} holds files: name an empty folder for the backup")
        with closing(open_reader(settings)) as log:
            log_id = str(log_id_of(log))
            if not isinstance(address, SqliteAddress):
                with closing(Export(log, folder / _EVENTS)) as export:
                    for _ in export.advance():
                        pass
        if isinstance(address, SqliteAddress):
            # The log first: a tape that is longer than its log is as after a kill, a log without its inputs is not.
            _copy(address.path, folder / _LOG, is_log=True)
            tape = tape_path(address.path)
            if tape.exists():
                _copy(tape, tape_path(folder / _LOG), is_log=False)
        with closing(_source(settings, folder)) as kept:
            events = kept.head()
            (last,) = kept.placed(events - 1, events)
        found = [one for one in (_LOG, tape_path(Path(_LOG)).name, _EXPORTED) if (folder / one).exists()]
        backup = Backup(
            log=log_id,
            events=events,
            leaf=leaf_of(last).hash.hex(),
            files={name: _digest(folder / name) for name in found},
            keys=[key.hex() for key in keys_of(settings).read()],
            notary=_notary(log_id),
        )
        replace_file(folder / STATEMENT, msgspec.json.format(msgspec.json.encode(backup)) + b"\n")
    return backup


@contextmanager
def opened_backup(settings: WhenceSettings, folder: Path) -> Generator[tuple[Backup, RecordedLog]]:
    """The backup in the folder and its log for reading.

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
        yield backup, log


def restore_tape(settings: WhenceSettings, folder: Path) -> bool:
    """Puts the tape of the backup beside a log in a file, where it has none; returns whether it did."""
    address, kept = parse_address(settings.log), tape_path(folder / _LOG)
    if not isinstance(address, SqliteAddress) or not kept.exists() or tape_path(address.path).exists():
        return False
    with _writable(address.path.parent):
        _copy(kept, tape_path(address.path), is_log=False)
    return True


def _source(settings: WhenceSettings, folder: Path) -> RecordedLog:
    path = folder / _LOG
    if not path.exists():
        return read_export(folder / _EVENTS)
    return open_reader(settings.model_copy(update={"log": str(SqliteAddress(path.absolute()))}))


def _copy(source: Path, target: Path, *, is_log: bool) -> None:
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
                made_copy(made)
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
    path = user_data_path("whence") / "notary" / log_id / KEY
    return str(read_key(path).verifier) if path.exists() else ""


@contextmanager
def _writable(folder: Path) -> Generator[None]:
    try:
        yield
    except OSError as fault:
        raise LogUnavailable(f"{folder} cannot be written: {fault.strerror or fault}") from None
