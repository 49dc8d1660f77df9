"""The store of a command, opened by the settings and closed at the command's end."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine

from infra.cli.logged import loaded
from infra.config import WhenceSettings
from infra.store import migrated_store
from projections.answering import answering


@dataclass(frozen=True, slots=True)
class OpenedStore:
    """A store, and the settings that it was opened with."""

    engine: Engine
    settings: WhenceSettings


@contextmanager
def opened(**given: object) -> Generator[OpenedStore]:
    """The configured store, migrated. Errors of the database are raised as StoreError.

    Raises InvalidInput where the log is a file that does not exist, so that a mistyped name makes no empty store.
    """
    settings = loaded(**given)
    with migrated_store(settings) as engine, answering(engine):
        yield OpenedStore(engine, settings)
