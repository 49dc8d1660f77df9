"""Seals a recording, and shows what a kill before each of its actions on files would leave.

    python -m tests.adapters.market_recordings.killed_sealing RECORDING COPIES [NUMBER]

copies the folder before each action that finds other files than the one before, to COPIES/<number of the action>: a
process that is killed leaves its files as they are, and nothing of what it holds in memory. With NUMBER it makes no
copies and kills itself before that action.
"""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import sys
from pathlib import Path

from adapters.market_recordings.parts import OPEN
from adapters.market_recordings.sealing import seal

_ACTIONS = frozenset({"open", "os.rename", "os.remove", "os.mkdir"})


class _Audit:
    """Counts the actions from its making on."""

    def __init__(self, recording: Path, copies: Path, killed_at: int | None) -> None:
        self.number = 0
        self._recording, self._copies, self._killed_at = recording, copies, killed_at
        self._is_copying = False
        self._seen = dict[str, int]()

    def __call__(self, event: str, _given: object) -> None:
        if event not in _ACTIONS or self._is_copying:
            return
        if self.number == self._killed_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._killed_at is None:
            self._is_copying = True
            self._copy()
            self._is_copying = False
        self.number += 1

    def _copy(self) -> None:
        files = {str(path): path.stat().st_size for path in self._recording.rglob("*") if path.is_file()}
        if files != self._seen:
            self._seen = files
            shutil.copytree(self._recording, self._copies / str(self.number))


def main(recording: Path, copies: Path, killed_at: int | None = None) -> None:
    for name in ("pyarrow.parquet", "pyarrow.compute", "pyarrow.types"):
        importlib.import_module(name)
    segments, audit = sorted((recording / OPEN).glob("*.arrow")), _Audit(recording, copies, killed_at)
    sys.addaudithook(audit)
    for segment in segments:
        seal(recording, segment)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
