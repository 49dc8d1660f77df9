"""The dashboard's build as one committed archive, so that no Node is needed to serve it.

The archive is a ZIP of stored files with one time, in order of their names: equal files make equal bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

ARCHIVE = Path(__file__).parent / "dashboard.zip"

_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a ZIP can hold."""


def read_archive(archive: Path = ARCHIVE) -> Mapping[str, bytes]:
    """The files of the build, by their path within it. Raises OSError or BadZipFile."""
    with ZipFile(archive) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def archive_of(folder: Path) -> bytes:
    """The archive of the files of a build."""
    made = BytesIO()
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with ZipFile(made, "w", ZIP_STORED) as opened:
        for path in files:
            entry = ZipInfo(path.relative_to(folder).as_posix(), _TIME)
            entry.external_attr = 0o644 << 16
            opened.writestr(entry, path.read_bytes())
    return made.getvalue()
