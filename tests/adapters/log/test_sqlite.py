"""A log in a SQLite file on a full disk: reported in one sentence, and the log is released."""

from __future__ import annotations

import resource
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.log.sqlite import open_sqlite
from domain.errors import LogUnavailable


@contextmanager
def files_of_at_most(size: int) -> Generator[None]:
    """Simulates a full disk, also for root: a write that would make a file longer than `size` bytes fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [0, 1_000])
def test_a_full_disk_is_reported_and_the_log_is_released(tmp_path: Path, size: int) -> None:
    """The disk is full before the owner's note is written, or after the note and before any page of the database."""
    path = tmp_path / "a.db"
    with files_of_at_most(size), pytest.raises(LogUnavailable, match=r"a\.db cannot be written: \w"):
        open_sqlite(path, AvroCodec())
    open_sqlite(path, AvroCodec()).close()
