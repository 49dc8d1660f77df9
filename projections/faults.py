"""Errors while a build is written: transient errors of the store, and errors that the rows cause."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolEmpty


class Overtaken(Exception):
    """Another process moved this build's cursor or changed its rows, so the rows in memory are stale."""


class Dropped(Exception):
    """This build was dropped, so it is no longer kept up to date."""


class Unwritable(Exception):
    """The database can be reached but refuses the rows; `__cause__` is the database's error."""


def is_passing(engine: Engine, fault: BaseException) -> bool:
    """Whether the error is transient: connection lost, database locked, disk full.
    Both SQLAlchemy's errors and the driver's own are recognised, because rows are written by the driver directly.
    """
    driver = engine.dialect.loaded_dbapi
    passing = (OperationalError, InterfaceError, PoolEmpty, driver.OperationalError, driver.InterfaceError)
    return isinstance(fault, passing)
