"""What the readers of one process verify together: the beginning of a log once, and not again by each of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.log.mark_rows import MarkedRow
from adapters.log.sqlite import SqliteRows, open_sqlite
from adapters.marks.key_folder import KeyFolder
from tests.adapters.log.days import days, opened


class Noted(SqliteRows):
    """Notes which rows it reads from the file, each with the ordinals that it is between."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, AvroCodec(), KeyFolder().read())
        self.read: list[tuple[int, int]] = []

    def marked_rows(self, after: int, upto: int) -> Iterator[MarkedRow]:
        self.read.append((after, upto))
        return super().marked_rows(after, upto)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A log with ten events."""
    with closing(open_sqlite(tmp_path / "a.db", AvroCodec())) as log:
        log.append([opened(), *days("account-main", 1, 9)])
    return tmp_path / "a.db"


@pytest.mark.parametrize("begun", [0, 4])
def test_a_reader_does_not_verify_again_what_another_one_has_read(path: Path, begun: int) -> None:
    with closing(Noted(path)) as first, closing(Noted(path)) as second:
        list(first.rows(begun, 10))
        list(second.rows(8, 10))
        assert second.read == [(0, 1), (7, 8), (8, 10)]


def test_a_reader_of_a_storage_without_an_id_does_not_verify_again_what_it_has_read(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("DROP TABLE log_storage")
    with closing(Noted(path)) as reader:
        list(reader.rows(4, 8))
        reader.read.clear()
        list(reader.rows(8, 10))
        list(reader.rows(9, 10))
        assert reader.read == [(8, 10), (8, 9), (9, 10)]
