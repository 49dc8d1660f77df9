"""The tables that migrations make: everything in a store but the builds of read models."""

from __future__ import annotations

from sqlalchemy import MetaData

from adapters.tokens import table as tokens
from projections import bookkeeping

METADATA = MetaData()
for _rooms in (tokens.METADATA, bookkeeping.METADATA):
    for _table in _rooms.sorted_tables:
        _table.to_metadata(METADATA)
