"""The store's tables of candles."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, Text

from projections.columns import Moment, Money

METADATA = MetaData()

CANDLES = Table(
    "candles",
    METADATA,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("instrument", Text, primary_key=True),
    Column("seconds", BigInteger, primary_key=True, autoincrement=False),
    Column("opens_at", Moment(), primary_key=True, autoincrement=False),
    Column("closes_at", Moment(), nullable=False),
    Column("open", Money(), nullable=False),
    Column("high", Money(), nullable=False),
    Column("low", Money(), nullable=False),
    Column("close", Money(), nullable=False),
    Column("volume", Money(), nullable=False),
    Column("turnover", Money()),
    sqlite_with_rowid=False,
)
"""`seconds` is the interval. Prices and `turnover` are in quote currency, `volume` in base currency."""

SERIES = Table(
    "candle_series",
    METADATA,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("instrument", Text, primary_key=True),
    Column("seconds", BigInteger, primary_key=True, autoincrement=False),
)
"""The instruments and intervals of the stored candles, which a database cannot find quickly among all candles."""

CHARTED = Table(
    "charted",
    METADATA,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("log_id", String(36), nullable=False),
)
"""The log whose engine took the candles of a partition."""
