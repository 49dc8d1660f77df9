"""The store a command works on, opened by the settings and closed at its end."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine

from infra.config import WhenceSettings, load
from infra.store import migrate, open_store
from projections.answering import answering


@dataclass(frozen=True, slots=True)
class OpenedStore:
    """The store, and the settings it was opened by."""

    engine: Engine
    settings: WhenceSettings


@contextmanager
def opened(**given: object) -> Generator[OpenedStore]:
    """The store the settings name, with its lasting tables; the database's errors in words."""
    settings = load(**given)
    engine = open_store(settings)
    try:
        migrate(engine)
        with answering(engine):
            yield OpenedStore(engine, settings)
    finally:
        engine.dispose()
