"""The file of a store on SQLite: its connections are to the file that they opened, whatever is at its path later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from domain.errors import StoreReplaced

_Identity = tuple[int, int]


class StoreFile:
    """The file at `path` that an engine has connected to first.

    A file that is put in the place of an open one is not seen by the connections: they would go on reading the old
    one, with tokens that are revoked meanwhile. So no connection is given out any more, also of the new file, whose
    rows the parts of a running program do not know.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: _Identity | None = None

    @classmethod
    def watch(cls, engine: Engine, path: Path) -> None:
        """Checks the file before every new connection and every use of one."""
        file = cls(path)
        event.listen(engine, "do_connect", file.check)
        event.listen(engine, "checkout", file.note)

    def check(self, *_: Any) -> None:
        """Raises StoreReplaced where the path has no file, or another one than at first."""
        if self._opened is not None and self._found() != self._opened:
            raise StoreReplaced(
                "the file of the store was replaced or removed while this program uses it; restart the program"
            )

    def note(self, *_: Any) -> None:
        """Keeps the identity of the file at the first use; raises StoreReplaced as `check` does."""
        if self._opened is None:
            self._opened = self._found()
        self.check()

    def _found(self) -> _Identity | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino
