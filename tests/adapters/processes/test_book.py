"""Announcements in the store: the last of each process, and nothing that the installation has not signed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from adapters.marks.key_folder import KeyFolder
from adapters.marks.signature import Signer
from adapters.processes.announcement import announcement_bytes
from adapters.processes.book import ProcessBook
from adapters.processes.table import PROCESSES
from projections.store import writing
from tests.adapters.processes.announcements import ANNOUNCEMENT
from tests.adapters.processes.place_contract import OTHER, check_place
from tests.replacing import replace


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer(KeyFolder(tmp_path / "keys"))


@pytest.fixture
def book(store: Engine, signer: Signer) -> ProcessBook:
    return ProcessBook(store, signer)


def test_the_last_announcement_of_each_process_is_read(book: ProcessBook) -> None:
    assert book.is_made
    check_place(book)


def test_an_announcement_that_was_changed_in_the_store_is_refused(book: ProcessBook, store: Engine) -> None:
    book.announce(replace(ANNOUNCEMENT, fault="the log does not answer"))
    with writing(store) as connection:
        connection.execute(update(PROCESSES).values(value=announcement_bytes(ANNOUNCEMENT)))
    (found,) = book.announced()
    assert found.announcement is None
    assert found.refused == "its signature was not made for this content"


def test_an_announcement_under_the_id_of_another_process_is_refused(book: ProcessBook, store: Engine) -> None:
    book.announce(ANNOUNCEMENT)
    with writing(store) as connection:
        connection.execute(update(PROCESSES).values(id=OTHER.id))
    (found,) = book.announced()
    assert (found.key, found.announcement) == (OTHER.id, None)


def test_an_announcement_of_another_installation_is_refused(
    book: ProcessBook, store: Engine, tmp_path: Path
) -> None:
    ProcessBook(store, Signer(KeyFolder(tmp_path / "others"))).announce(ANNOUNCEMENT)
    (found,) = book.announced()
    assert found.announcement is None
    assert "which is not in the folder of keys" in found.refused
