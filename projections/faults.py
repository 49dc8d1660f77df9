"""Errors while a build is written: transient ones of the store, and those that the rows cause."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolEmpty


class Overtaken(Exception):
    """Another process moved this build's cursor or changed its rows; the rows in memory are stale and read anew."""


class Dropped(Exception):
    """This build was dropped; it need not be kept up to date any more."""


class Unwritable(Exception):
    """The database can be reached, but refuses these rows; `__cause__` is its error."""


def is_passing(engine: Engine, fault: BaseException) -> bool:
    """Whether the error is transient: connection lost, database locked, disk full. Rows are written by the driver
    directly, so the driver's own errors count as well as those that SQLAlchemy wraps.
    """
    driver = engine.dialect.loaded_dbapi
    passing = (OperationalError, InterfaceError, PoolEmpty, driver.OperationalError, driver.InterfaceError)
    return isinstance(fault, passing)
