"""The table of tokens, the only data of the API that cannot be rebuilt from a log."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, MetaData, String, Table, text

from projections.columns import Moment

METADATA = MetaData()

TOKENS = Table(
    "tokens",
    METADATA,
    Column("id", String(12), primary_key=True),
    Column("name", String(40), nullable=False),
    Column("role", String(16), nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("created_at", Moment(), nullable=False),
    Column("revoked_at", Moment()),
)
"""`hash` is SHA-256 of the secret. A name has one token in force at a time, so that it identifies the caller."""

Index(
    "ix_tokens_one_name",
    TOKENS.c.name,
    unique=True,
    postgresql_where=text("revoked_at IS NULL"),
    sqlite_where=text("revoked_at IS NULL"),
)
