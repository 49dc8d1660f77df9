"""The store of a command, opened by the settings and closed at the command's end."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine

from adapters.log.address import SqliteAddress, parse_address
from domain.errors import InvalidInput
from infra.config import WhenceSettings, load
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
    settings = load(**given)
    log = parse_address(settings.log)
    if isinstance(log, SqliteAddress) and not log.path.exists():
        raise InvalidInput(
            f"there is no log at {log.path}; `whence paper` and `whence live` begin one with --log {log}"
        )
    with migrated_store(settings) as engine, answering(engine):
        yield OpenedStore(engine, settings)
