"""The folder of an export: `<day>/<type>.jsonl` for each type of event and day, and `exported`, which states how far
the files are durable.

The files are a function of the log. The lines of a type are chained over its days; a day's file is the later one of the
event's day and the last day of its type, so that a clock that was set back changes no earlier file.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from adapters.export.line import FIRST, Line, digest_of, line_of, read, written
from adapters.log.recorder_log import Row
from adapters.notary.leaves import leaf_of
from adapters.whole_file import replace_file, synchronise
from domain.errors import InvalidInput, LogCorrupt, LogOwned, Refused

STATE: Final = "exported"
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_SUFFIX: Final = ".jsonl"


class Exported(msgspec.Struct, frozen=True):
    """How far the files are durable: the last event's ordinal and the hash of its leaf; `log` is the log's id."""

    log: str
    ordinal: int = 0
    leaf: str = ""


class _Last(NamedTuple):
    """The day of the last line of a type, and the line's `sha256`."""

    day: str = ""
    digest: str = FIRST


class ExportFolder:
    """The files of one log, to which this process alone appends. The system's errors are raised as Refused."""

    def __init__(self, path: Path, log_id: str) -> None:
        """Makes the folder where it is missing, and cuts what is after the last durable event, such as a torn line.

        Raises InvalidInput where the folder is another log's or no export, LogOwned where another process exports to
        it, LogCorrupt where a line is not as it was written, and Refused.
        """
        self._path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(path, os.O_RDONLY)
        except OSError as fault:
            raise Refused(f"the folder {path} cannot be used: {fault.strerror}") from None
        try:
            self._locked()
            self.exported = self._state(log_id)
            self._last = self._cut()
        except BaseException:
            self.close()
            raise

    def append(self, rows: Sequence[Row]) -> None:
        """Appends the lines of these events, which follow the last one, and makes them durable."""
        texts: dict[Path, list[bytes]] = {}
        ordinal, leaf = self.exported.ordinal, self.exported.leaf
        for row in rows:
            if row[0] != ordinal + 1:
                raise LogCorrupt(f"event {ordinal + 1} is missing in the log: the next one is {row[0]}")
            path, line, text = self._next(row)
            texts.setdefault(path, []).append(text)
            ordinal, leaf = line.ordinal, line.leaf
        exported = Exported(self.exported.log, ordinal, leaf)
        try:
            for path, lines in texts.items():
                _append(path, b"".join(lines))
            replace_file(self._path / STATE, msgspec.json.encode(exported) + b"\n")
        except OSError as fault:
            raise Refused(
                f"the export in {self._path} cannot be written ({fault.strerror}): start it again, and it continues "
                f"after event {self.exported.ordinal}"
            ) from None
        self.exported = exported

    def close(self) -> None:
        """Gives up the folder; idempotent."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _next(self, row: Row) -> tuple[Path, Line, bytes]:
        type_ = leaf_of(row).type
        last = self._last.get(type_, _Last())
        line, text, digest = line_of(row, last.digest)
        day = _day_of(line, last)
        self._last[type_] = _Last(day, digest)
        return self._path / day / f"{type_}{_SUFFIX}", line, text

    def _locked(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LogOwned(
                f"another process exports to {self._path}: stop it, or name another folder"
            ) from None

    def _state(self, log_id: str) -> Exported:
        if not (self._path / STATE).exists():
            if any(self._path.iterdir()):
                raise InvalidInput(f"{self._path} holds files and no export: name an empty folder")
            state = Exported(log_id)
            replace_file(self._path / STATE, msgspec.json.encode(state) + b"\n")
            return state
        state = read_state(self._path)
        if state.log != log_id:
            raise InvalidInput(
                f"{self._path} is the export of the log {state.log}, not of {log_id}: name another"
            )
        return state

    def _cut(self) -> dict[str, _Last]:
        """Cuts the lines after the last durable event; returns the last line of each type."""
        found: dict[str, _Last] = {}
        ends: list[tuple[int, str]] = []
        for type_, files in files_of(self._path).items():
            for path in reversed(files):
                last = _cut_file(path, self.exported.ordinal)
                if last is not None:
                    ends.append((last.ordinal, last.leaf))
                    found[type_] = _Last(path.parent.name, written(last)[1])
                    break
        durable = (self.exported.ordinal, self.exported.leaf)
        if max(ends, default=(0, "")) != durable:
            raise LogCorrupt(
                f"{self._path} lacks event {durable[0]}, which was durable: a file was changed; restore the folder, or "
                "export into another one"
            )
        return found


def read_state(folder: Path) -> Exported:
    """How far the export is durable. Raises InvalidInput where the folder is no export."""
    path = folder / STATE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Exported)
    except FileNotFoundError:
        raise InvalidInput(f"{folder} is no export: the file {STATE} is missing there") from None
    except OSError as fault:
        raise InvalidInput(f"{path} cannot be read: {fault.strerror}") from None
    except msgspec.MsgspecError as fault:
        raise InvalidInput(f"{path} does not state how far the export is: {fault}") from None


def files_of(folder: Path) -> dict[str, list[Path]]:
    """The files of each type, by day."""
    found: dict[str, list[Path]] = {}
    for day in sorted(one for one in folder.iterdir() if _DAY.fullmatch(one.name)):
        for path in sorted(day.glob(f"*{_SUFFIX}")):
            found.setdefault(path.name.removesuffix(_SUFFIX), []).append(path)
    return found


def lines_of(type_: str, files: Sequence[Path]) -> Iterator[Line]:
    """The lines of a type, in order, each compared with the one before.

    Raises LogCorrupt, which names file and line, for a line that was changed, removed, added or moved.
    """
    last = _Last()
    for path in files:
        with path.open("rb") as file:
            for number, text in enumerate(file, 1):
                try:
                    line = _whole(text)
                    _check(line, path, type_, last)
                except LogCorrupt as fault:
                    raise LogCorrupt(f"{path} line {number}: {fault}") from None
                last = _Last(path.parent.name, digest_of(text))
                yield line


def _check(line: Line, path: Path, type_: str, last: _Last) -> None:
    """Raises LogCorrupt where the line does not follow `last`, or belongs into another file."""
    if line.before != last.digest:
        raise LogCorrupt("the line before is another one than when it was written")
    if line.type != type_:
        raise LogCorrupt(f"it is a {line.type}")
    day = _day_of(line, last)
    if path.parent.name != day:
        raise LogCorrupt(f"it belongs into the folder {day}: the file was moved")


def _day_of(line: Line, last: _Last) -> str:
    """The folder of a line: its day, but never one before that of the last line of its type."""
    return max(line.day, last.day)


def _whole(text: bytes) -> Line:
    if not text.endswith(b"\n"):
        raise LogCorrupt(
            "the line is torn: run the export again, which cuts it; where the log is lost, remove this line"
        )
    return read(text)


def _append(path: Path, text: bytes) -> None:
    day = path.parent
    has_day, has_file = day.exists(), path.exists()
    day.mkdir(exist_ok=True)
    with path.open("ab") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if not has_file:
        synchronise(day)
    if not has_day:
        synchronise(day.parent)


def _cut_file(path: Path, ordinal: int) -> Line | None:
    """Cuts the lines after this ordinal; returns the last line that stays, None where the file goes."""
    kept: int = 0
    last: Line | None = None
    with path.open("rb+") as file:
        for number, text in enumerate(file, 1):
            try:
                line = _whole(text)
            except LogCorrupt as fault:
                if file.readline():
                    raise LogCorrupt(f"{path} line {number}: {fault}") from None
                break  # the end that a kill has torn
            if line.ordinal > ordinal:
                break
            kept += len(text)
            last = line
        file.truncate(kept)
    if last is None:
        path.unlink()
    return last
