"""The file in which a venue is kept: read by its owner only, written whole or lengthened line by line."""

from __future__ import annotations

import os
from pathlib import Path

from adapters.simulated.venue.journal import read
from adapters.simulated.venue.state import VenueState
from adapters.whole_file import replace_file
from domain.errors import InvalidInput

_LEAST = 64 * 2**20
_SHORT = 2**21
_SHOWN = 200
_OWNER = 0o600


class StateFile:
    """What `append` was given is in the file when it returns: it is there when the process ends in any way, also by
    SIGKILL. It is not forced onto the disk, so the end of the machine may lose it.

    Every method raises InvalidInput, with the file's name, where the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._whole = self._added = 0
        self._failed: InvalidInput | None = None

    @property
    def path(self) -> Path:
        return self._path

    @property
    def is_long(self) -> bool:
        """Whether the lines that were appended are a multiple of what would be written anew."""
        return self._added > max(_LEAST, 2 * self._whole)

    @property
    def is_short(self) -> bool:
        """Whether the state is written anew within some hundredths of a second."""
        return self._whole < _SHORT

    def read(self) -> VenueState | None:
        """The state in the file; None where there is no file."""
        try:
            return read(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise InvalidInput(
                f"{self._name} cannot be read: {fault.strerror}; choose another --state"
            ) from fault
        except InvalidInput as fault:
            raise InvalidInput(f"{self._name}: {fault}; choose another --state") from fault

    def replace(self, text: bytes) -> None:
        """Makes the file one line, whole or not at all; later lines are appended to it."""
        try:
            replace_file(self._path, text + b"\n", _OWNER)
            self.close()
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        except (OSError, ValueError) as fault:
            raise self._unwritable(fault) from fault
        self._whole, self._added = len(text), 0

    def append(self, line: bytes) -> None:
        """Adds a line to the file that `replace` has written."""
        self.check()
        try:
            self._write(line)
        except OSError as fault:
            self._failed = self._unwritable(fault)
            raise self._failed from fault
        self._added += len(line)

    def check(self) -> None:
        """Raises what `append` has raised."""
        if self._failed is not None:
            raise self._failed

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _write(self, text: bytes) -> None:
        assert self._file is not None
        rest = memoryview(text)
        while rest:
            rest = rest[os.write(self._file, rest) :]

    def _unwritable(self, fault: OSError | ValueError) -> InvalidInput:
        reason = getattr(fault, "strerror", None) or fault
        return InvalidInput(f"the state cannot be written to {self._name}: {reason}; choose another --state")

    @property
    def _name(self) -> str:
        return repr(str(self._path)[:_SHOWN])
