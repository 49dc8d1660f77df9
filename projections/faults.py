"""Which faults of a store pass by themselves, and which are the fault of what is being written."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolEmpty


class Overtaken(Exception):
    """Another process moved this build on, or changed its rows; what was folded here is forgotten and read anew."""


class Dropped(Exception):
    """This build is no longer on record: there is nothing to keep up to date."""


class Unwritable(Exception):
    """The database answers, but does not take these rows; `__cause__` says why."""


def is_passing(engine: Engine, fault: BaseException) -> bool:
    """Whether the store only does not answer now: connection lost, locked, full. Rows go past SQLAlchemy to the
    driver, so the driver's own errors count as well as the wrapped ones.
    """
    driver = engine.dialect.loaded_dbapi
    passing = (OperationalError, InterfaceError, PoolEmpty, driver.OperationalError, driver.InterfaceError)
    return isinstance(fault, passing)
