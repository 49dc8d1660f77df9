"""The store's tables of notices. They cannot be rebuilt from a log: it does not hold what was sent and acknowledged."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text, text

from projections.columns import Moment

METADATA = MetaData()

NOTICES = Table(
    "notices",
    METADATA,
    Column("id", String(100), primary_key=True),
    Column("account", Text, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("subject", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("chain", Text, nullable=False),
    Column("at", Moment(), nullable=False),
    Column("ordinal", BigInteger),
    Column("count", Integer, nullable=False),
    Column("acknowledged_at", Moment()),
    Column("acknowledged_by", Text),
)
"""`count` is the number of alerts of this account, kind and subject that came before the acknowledgement."""

Index(
    "ix_notices_one_open",
    NOTICES.c.account,
    NOTICES.c.kind,
    NOTICES.c.subject,
    unique=True,
    postgresql_where=text("acknowledged_at IS NULL"),
    sqlite_where=text("acknowledged_at IS NULL"),
)

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("notice", String(100), ForeignKey(NOTICES.c.id, ondelete="CASCADE"), primary_key=True),
    Column("place", String(16), primary_key=True),
    Column("sent", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("sent_at", Moment()),
    Column("due_at", Moment()),
    Column("error", Text, nullable=False),
)
"""`sent` counts the confirmed messages, `failed` the attempts since the last one. Nothing is due where `due_at` is
null."""
Index("ix_deliveries_due", DELIVERIES.c.due_at)

ALERTED = Table(
    "alerted",
    METADATA,
    Column("partition", Integer, primary_key=True),
    Column("log_id", String(36), nullable=False),
    Column("ordinal", BigInteger, nullable=False),
    Column("prefix", Text, nullable=False, server_default=text("''")),
)
"""The ordinal up to which the log's alerts have become notices, and the digest of the events up to it
(`projections.lineage`), hexadecimal; empty where it is not known."""
