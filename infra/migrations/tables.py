"""The tables that migrations create: all tables of a store except the builds of read models."""

from __future__ import annotations

from sqlalchemy import MetaData

from adapters.alerts import table as alerts
from adapters.candle_store import table as candles
from adapters.processes import table as processes
from adapters.tokens import table as tokens
from projections import cursor_key

METADATA = MetaData()
# The keys of cursors are among the tables of the bookkeeping.
for _source in (
    tokens.METADATA,
    cursor_key.KEYS.metadata,
    alerts.METADATA,
    candles.METADATA,
    processes.METADATA,
):
    for _table in _source.sorted_tables:
        _table.to_metadata(METADATA)
