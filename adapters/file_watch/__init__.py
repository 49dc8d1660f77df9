"""Watches one file for changes of its content, with the library watchfiles (extra `reload`).

    with FileWatch(Path("whence.toml")) as watch:
        ...
        if watch.take():     # True once for each change that has come to rest, and once at the begin
            ...

The folder is watched, not the file, because an editor that writes a new file and renames it leaves the old one behind.
A symbolic link counts with the first part of its target, so that the swap of a ConfigMap of Kubernetes, which replaces
the link `..data` beside it, is noticed.
"""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from watchfiles import Change, watch

from domain.errors import InvalidSettings

_REST_SECONDS = 0.4
"""A change is reported once the file was left alone for so long: a writer may write it in several pieces."""
_BEGIN_MS = 250
"""The folder was watched for so long before the first report."""
_JOIN_SECONDS = 5.0


class FileWatch:
    """The watch of one file, by a thread of its own within the context."""

    def __init__(self, file: Path) -> None:
        """Raises InvalidSettings where the folder of the file does not exist."""
        self._file, self._stop, self._changed = file.absolute(), threading.Event(), threading.Event()
        self._has_begun = False
        self._fault: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="settings", daemon=True)
        if not self._file.parent.is_dir():
            raise InvalidSettings(f"{self._file.parent} is no folder: {file.name} in it cannot be watched")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(_JOIN_SECONDS)

    def take(self) -> bool:
        """Whether the file may have changed since the last call. It is true once after the watch has begun, too: what
        was written before that was not seen.

        Raises InvalidSettings, once, where the file is watched no more.
        """
        fault, self._fault = self._fault, None
        if fault is not None:
            self._changed.clear()
            raise InvalidSettings(
                f"{self._file} is watched no more: {type(fault).__name__}: {fault}; start again to watch it"
            )
        if not self._changed.is_set():
            return False
        self._changed.clear()
        return True

    def wait(self, seconds: float) -> bool:
        """Whether `take` will report a change within so many seconds; returns as soon as it will."""
        return self._changed.wait(seconds)

    def _run(self) -> None:
        try:
            for found in watch(
                self._file.parent,
                watch_filter=self._counts,
                stop_event=self._stop,
                recursive=False,
                yield_on_timeout=True,
                rust_timeout=_BEGIN_MS,
                raise_interrupt=False,
            ):
                if found or not self._has_begun:
                    self._has_begun = True
                    self._await_rest()
                    self._changed.set()
        except Exception as fault:  # noqa: BLE001  # a thread has no caller to raise to: `take` raises it
            self._fault = fault
            self._changed.set()

    def _counts(self, _change: Change, path: str) -> bool:
        """Any change counts as the begin: in a busy folder, as that of a log, no time without one may come."""
        return not self._has_begun or Path(path).name in _names(self._file)

    def _await_rest(self) -> None:
        """The debounce of the library counts changes of all files of the folder, so that it is none of this file."""
        last = _state(self._file)
        while not self._stop.wait(_REST_SECONDS) and (now := _state(self._file)) != last:
            last = now


def _names(file: Path) -> frozenset[str]:
    """The names in the file's folder whose replacement changes what is read from the file."""
    if not file.is_symlink():
        return frozenset({file.name})
    target = file.readlink()
    return frozenset({file.name} if target.is_absolute() else {file.name, target.parts[0]})


def _state(file: Path) -> tuple[int, int, int] | None:
    """What differs after any write; None where there is no file."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
