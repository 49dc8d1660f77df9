"""What a store's database says when it does not do as asked, in this project's words."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolEmpty

from domain.errors import StoreError, StoreUnavailable


@contextmanager
def answering(engine: Engine) -> Generator[None]:
    """Raises StoreUnavailable where the database is away or too busy, StoreError for whatever else it refuses."""
    try:
        yield
    except PoolEmpty:
        raise StoreUnavailable(f"the store {shown_store(engine)} is too busy to answer") from None
    except (OperationalError, InterfaceError) as fault:
        raise StoreUnavailable(f"the store {shown_store(engine)} does not answer: {_said(fault)}") from None
    except DBAPIError as fault:
        raise StoreError(f"the store {shown_store(engine)} cannot be used: {_said(fault)}") from None


def shown_store(engine: Engine) -> str:
    """Where the store is, without its password."""
    return engine.url.render_as_string(hide_password=True)


def _said(fault: DBAPIError) -> str:
    return str(fault.orig).strip().partition("\n")[0]
