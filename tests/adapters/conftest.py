"""A migrated store on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from infra.config import WhenceSettings
from infra.store import migrate, open_store


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    sqlite = f"sqlite:///{tmp_path / 'read.db'}"
    url = sqlite if request.param == "sqlite" else request.getfixturevalue("postgres_database")
    engine = open_store(WhenceSettings(store=url))
    migrate(engine)
    yield engine
    engine.dispose()
