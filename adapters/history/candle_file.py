"""A CSV file of candles that grows at its end, so that fetching goes on where it was interrupted."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from adapters.history.page import CandleRow
from domain.errors import InvalidInput

_HEADER = b"timestamp,open,high,low,close,volume\n"
_LONGEST = 1_024
"""No line that is written here has more bytes."""


class CandleFile:
    """One file, open for adding candles; a second program that opens it is refused.

    `first` and `last` are the open times (ms) of its first and last candle, None while it has none. Raises InvalidInput
    for a file that holds something else or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b")
        except OSError as error:
            raise InvalidInput(f"{path} cannot be written: {error.strerror}") from error
        try:
            self.first, self.last = self._prepared()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the file; one without a candle is removed."""
        self._file.close()
        if self.last is None:
            self.path.unlink(missing_ok=True)

    def add(self, rows: Sequence[CandleRow]) -> None:
        """Adds candles at the end, durable on return; what a full disk cuts off is removed at the next opening."""
        if not rows:
            return
        lines = "".join(f"{','.join(map(str, row))}\n" for row in rows).encode()
        try:
            self._file.write(lines)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise InvalidInput(f"{self.path} cannot be written: {error.strerror}") from error
        self.first, self.last = self.first or rows[0].open_time, rows[-1].open_time

    def _prepared(self) -> tuple[int | None, int | None]:
        """Locks the file, writes the header of a new one, and cuts off a line that was not written completely."""
        _lock(self._file, self.path)
        header = self._file.readline(_LONGEST)
        if _HEADER.startswith(header) and header != _HEADER:
            self._file.truncate(0)
            self._file.seek(0)
            self._file.write(_HEADER)
            return None, None
        if header != _HEADER:
            raise InvalidInput(
                f"{self.path} holds something else than fetched candles: move it away, or name another --folder"
            )
        first = self._file.readline(_LONGEST)
        last = self._cut()
        return (_time(self.path, first), _time(self.path, last)) if last else (None, None)

    def _cut(self) -> bytes:
        """The last whole line after the header; the file ends after it."""
        size = self._file.seek(0, os.SEEK_END)
        begin = max(len(_HEADER), size - 2 * _LONGEST)
        self._file.seek(begin)
        tail = self._file.read()
        whole = tail[: tail.rfind(b"\n") + 1]
        self._file.truncate(begin + len(whole))
        self._file.seek(0, os.SEEK_END)
        return whole.splitlines()[-1] if whole else b""


def _lock(file: BinaryIO, path: Path) -> None:
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise InvalidInput(f"another program is writing {path}") from error


def _time(path: Path, line: bytes) -> int:
    text = line.partition(b",")[0]
    if line.count(b",") != _HEADER.count(b",") or not text.isdigit():
        raise InvalidInput(f"{path} has a line that is no fetched candle: {line[:80]!r}")
    return int(text)
