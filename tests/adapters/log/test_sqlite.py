"""A log in a SQLite file whose disk does not take it: said in one sentence, and let go."""

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
    """As on a full disk, for root too: what would make a file longer than `size` bytes fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [0, 1_000])
def test_a_disk_that_takes_no_log_is_said_and_the_log_let_go(tmp_path: Path, size: int) -> None:
    """Not even the owner's note is taken, or the note and no page of the database."""
    path = tmp_path / "a.db"
    with files_of_at_most(size), pytest.raises(LogUnavailable, match=r"a\.db cannot be written: \w"):
        open_sqlite(path, AvroCodec())
    open_sqlite(path, AvroCodec()).close()
