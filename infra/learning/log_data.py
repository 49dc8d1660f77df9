"""The folder in which `whence models auto` builds its data sets, one for each end of the log that it trained from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from infra.learning.build import build_id
from infra.learning.dataset_file import MANIFEST
from infra.learning.parts import SUFFIX
from infra.learning.sources import Source

_NAME: Final = re.compile(r"([1-9][0-9]{0,17})-([0-9a-f]{16})")


class _DataSet(NamedTuple):
    upto: int
    path: Path

    @property
    def is_complete(self) -> bool:
        return (self.path / MANIFEST).is_file()


class LogData:
    """Data sets of one log, each in a folder `<ordinal>-<build>`: the last event of its signals, and the first digits
    of what it is made from. Other files and folders are left alone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def unfinished(self, head: int) -> int | None:
        """The last event of the build that was stopped last, in a log with `head` events; None where none was."""
        found = [one.upto for one in self._sets() if not one.is_complete and one.upto <= head]
        return max(found, default=None)

    def place(self, upto: int, source: Source) -> Path:
        """Where the data set of this source is built. A stopped build of another source has another place."""
        return self._folder / f"{upto}-{build_id(source.labels, source.made_from)[:16]}"

    def remove_others(self, kept: Path) -> None:
        """Removes every other data set, also unfinished ones. A folder that has other files stays with them."""
        for one in list(self._sets()):
            if one.path == kept:
                continue
            for file in (one.path / MANIFEST, *one.path.glob(f"*{SUFFIX}"), *_cut_off(one.path)):
                file.unlink(missing_ok=True)
            if not any(one.path.iterdir()):
                one.path.rmdir()

    def _sets(self) -> Iterator[_DataSet]:
        for path in sorted(self._folder.iterdir()) if self._folder.is_dir() else ():
            named = _NAME.fullmatch(path.name)
            if named is not None and path.is_dir():
                yield _DataSet(int(named[1]), path)


def _cut_off(folder: Path) -> Iterator[Path]:
    """What killed processes had not completed; see `adapters.whole_file.replacing`."""
    return (one for name in (f"*{SUFFIX}", MANIFEST) for one in folder.glob(f".{name}.*"))
