"""The key of a store's cursors: made once, and shared by every process that uses the store."""

from __future__ import annotations

import secrets

from sqlalchemy import Column, Engine, LargeBinary, String, Table, select

from projections.answering import answering
from projections.bookkeeping import METADATA
from projections.store import insert_unless_there, reading, writing

KEYS = Table(
    "store_keys",
    METADATA,
    Column("name", String(16), primary_key=True),
    Column("key", LargeBinary, nullable=False),
)
"""Random keys by their purpose. They protect no secret of the log: whoever reads the store can read all its rows."""

_CURSORS = "cursors"
_BYTES = 32
_CHOSEN = select(KEYS.c.key).where(KEYS.c.name == _CURSORS)


def cursor_key(engine: Engine) -> bytes:
    """The key, 32 bytes; makes it where the store has none. Raises StoreError."""
    with answering(engine):
        return _found(engine) or _made(engine)


def _found(engine: Engine) -> bytes | None:
    with reading(engine) as connection:
        found = connection.scalar(_CHOSEN)
    return None if found is None else bytes(found)


def _made(engine: Engine) -> bytes:
    """The key that is in the store afterwards: of several processes that make one, the first one's counts."""
    with writing(engine) as connection:
        absent = insert_unless_there(connection, KEYS)
        connection.execute(absent.values(name=_CURSORS, key=secrets.token_bytes(_BYTES)))
        return bytes(connection.scalar(_CHOSEN) or b"")
