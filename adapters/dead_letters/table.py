"""The tables of dead letters, on SQLite and PostgreSQL."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from projections.columns import Moment

METADATA = MetaData()

LETTERS = Table(
    "dead_letters",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("source", String(16), nullable=False),
    Column("place", Text, nullable=False),
    Column("received_at", Moment(), nullable=False),
    Column("reason", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("kept", Integer, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("retries", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("is_due", Boolean, nullable=False),
    Column("changes", Integer, nullable=False),
    Column("changed_at", Moment()),
    Column("changed_by", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("change_signature", LargeBinary),
)
Index("ix_dead_letters_state", LETTERS.c.state, LETTERS.c.source)
Index("ix_dead_letters_received_at", LETTERS.c.received_at)

ORIGINALS = Table(
    "dead_letter_originals",
    METADATA,
    Column("letter", String(16), ForeignKey(LETTERS.c.id), primary_key=True),
    Column("original", LargeBinary, nullable=False),
)
"""Apart from the letters, so that a list does not read them."""

CHANGES = Table(
    "dead_letter_changes",
    METADATA,
    Column("letter", String(16), ForeignKey(LETTERS.c.id), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Moment(), nullable=False),
    Column("by", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("retries", Integer, nullable=False),
    Column("is_due", Boolean, nullable=False),
    Column("note", Text, nullable=False),
    Column("signature", LargeBinary),
)

SIGNATURES = (LETTERS.c.change_signature, CHANGES.c.signature)
"""The signature of the last change and of each change: columns that earlier versions of the program did not have."""
