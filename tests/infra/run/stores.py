"""Stores and logs opened as the program opens them, and digests of the read models in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine

from domain.log import Envelope
from infra.config import WhenceSettings
from infra.logs import open_owned
from infra.store import migrate, open_store
from projections.builds import live
from projections.catalogue import PROJECTIONS
from projections.digest import digest
from projections.store import reading


@pytest.fixture(params=("sqlite", "postgresql"))
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an unused store, on each database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'read.db'}"
    database: str = request.getfixturevalue("postgres_database")
    return database


@pytest.fixture
def store(store_url: str) -> Iterator[Engine]:
    """The store at `store_url`, opened and migrated."""
    yield from opened(store_url)


def opened(url: str) -> Iterator[Engine]:
    """A migrated store, which is closed at the end."""
    engine = open_store(WhenceSettings(store=url))
    migrate(engine)
    yield engine
    engine.dispose()


def filled(address: str, envelopes: Sequence[Envelope]) -> None:
    """Appends the envelopes to the log at `address`; creates the log where it is missing."""
    with closing(open_owned(WhenceSettings(log=address))) as log:
        for start in range(0, len(envelopes), 500):
            log.append(envelopes[start : start + 500])


def digests(engine: Engine) -> Mapping[str, str]:
    """The digest of each live build, by projection."""
    with reading(engine) as connection:
        return {
            name: digest(connection, PROJECTIONS[name], build) for name, build in live(connection).items()
        }
