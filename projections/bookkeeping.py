"""The store's tables about its read models: the builds, the cursor of each build, and the parked events.

A build is one set of tables of a projection. Its cursor is the ordinal of the last event that it has folded. A parked
event could not be folded, or follows one that could not. When the program's version changes, these tables are migrated;
a build's own tables are never migrated.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)

METADATA = MetaData()


class BuildStatus(StrEnum):
    """BUILDING: filled while another build is live. LIVE: serves queries. RETIRED: was live; can be made live again."""

    BUILDING = "BUILDING"
    LIVE = "LIVE"
    RETIRED = "RETIRED"


class BuildKind(StrEnum):
    """TODAY holds each row as it is now; HISTORY holds each row as it was at every checkpoint."""

    TODAY = "TODAY"
    HISTORY = "HISTORY"


class ParkedState(StrEnum):
    """PARKED waits for a retry; DISCARDED was discarded by a person, with a reason."""

    PARKED = "PARKED"
    DISCARDED = "DISCARDED"


BUILDS = Table(
    "builds",
    METADATA,
    Column("id", Integer, Identity(), primary_key=True),
    Column("projection", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("fingerprint", String(32), nullable=False),
    Column("status", String(16), nullable=False),
    sqlite_autoincrement=True,
)
Index(
    "ix_builds_one_live",
    BUILDS.c.projection,
    BUILDS.c.kind,
    unique=True,
    postgresql_where=text("status = 'LIVE'"),
    sqlite_where=text("status = 'LIVE'"),
)

CURSORS = Table(
    "cursors",
    METADATA,
    Column("build_id", Integer, ForeignKey(BUILDS.c.id, ondelete="CASCADE"), primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("ordinal", BigInteger, nullable=False),
    Column("log_id", String(36), nullable=False),
    Column("epoch", BigInteger, nullable=False, server_default=text("0")),
    Column("storage", Text, nullable=False, server_default=text("''")),
    Column("prefix", Text, nullable=False, server_default=text("''")),
)
"""The last ordinal that a build has folded, by partition, with the id of the log and its storage, so that rows of two
logs never mix. Two logs of one tape have the same id, but different storages. `storage` is empty where it is not known.

`prefix` is the digest of all events up to `ordinal` (`projections.lineage`), hexadecimal; empty where it is not known.

`epoch` is raised whenever a process other than the runner changes the build's rows, because the rows in the runner's
memory are then stale.
"""

PARKED = Table(
    "parked",
    METADATA,
    Column("build_id", Integer, ForeignKey(BUILDS.c.id, ondelete="CASCADE"), primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("ordinal", BigInteger, primary_key=True),
    Column("sequence", Text, nullable=False),
    Column("event_id", String(36), nullable=False),
    Column("type", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
)
Index("ix_parked_sequence", PARKED.c.build_id, PARKED.c.partition, PARKED.c.sequence)
