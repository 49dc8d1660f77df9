"""Translates the errors of a store's database into this project's errors."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from json import JSONDecodeError

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolEmpty

from domain.errors import StoreError, StoreUnavailable
from projections.columns import changed

_NOT_UTF8 = "Could not decode to UTF-8"
"""The beginning of the message of SQLite's driver, which quotes the bytes."""


@contextmanager
def answering(engine: Engine) -> Generator[None]:
    """A block of queries in which database errors are translated.
    Raises StoreUnavailable where the database cannot be reached or is too busy, StoreError for every other error.
    """
    try:
        yield
    except PoolEmpty:
        raise StoreUnavailable(f"the store {shown_store(engine)} is too busy to answer") from None
    except (OperationalError, InterfaceError) as fault:
        if _NOT_UTF8 in str(fault.orig):
            raise changed("text in UTF-8") from None
        raise StoreUnavailable(
            f"the store {shown_store(engine)} does not answer: {_first_line(fault)}"
        ) from None
    except JSONDecodeError:
        raise changed("JSON") from None
    except DBAPIError as fault:
        raise StoreError(f"the store {shown_store(engine)} cannot be used: {_first_line(fault)}") from None


def shown_store(engine: Engine) -> str:
    """The store's address without its password."""
    return engine.url.render_as_string(hide_password=True)


def _first_line(fault: DBAPIError) -> str:
    return str(fault.orig).strip().partition("\n")[0]
