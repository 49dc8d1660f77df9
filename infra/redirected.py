"""The file to which a shell or a service manager has redirected the standard error."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final, TextIO

_OPEN: Final = Path("/proc/self/fd")
_GONE: Final = " (deleted)"


class RedirectedFile:
    """A file to which lines are appended, also after a program such as logrotate has moved it and expects a new one."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path, self._descriptor = path, descriptor

    @classmethod
    def of(cls, stream: TextIO) -> RedirectedFile | None:
        """The file of the stream; None for a terminal or a pipe, and where /proc does not show its name."""
        try:
            descriptor = stream.fileno()
            is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
            name = str((_OPEN / str(descriptor)).readlink())
        except (OSError, ValueError):
            return None
        return cls(Path(name), descriptor) if is_file and not name.endswith(_GONE) else None

    def follow(self) -> None:
        """Opens the file anew, with the same permissions, where it was moved or removed.

        Lines go on to the moved file while a new one cannot be made, and the next call tries again.
        """
        own = os.fstat(self._descriptor)
        try:
            there = self._path.stat()
        except OSError:
            there = None
        if there is not None and (there.st_dev, there.st_ino) == (own.st_dev, own.st_ino):
            return
        with suppress(OSError):
            new = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, stat.S_IMODE(own.st_mode))
            os.dup2(new, self._descriptor)
            os.close(new)
