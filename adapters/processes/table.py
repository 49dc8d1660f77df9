"""The store's table of processes. It cannot be rebuilt from a log: it holds what runs now."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, MetaData, String, Table

from projections.columns import Moment

METADATA = MetaData()

PROCESSES = Table(
    "processes",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("at", Moment(), nullable=False),
)
"""The last announcement of each process, as it was signed; `at` is the time that is in it."""
