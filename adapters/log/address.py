"""The address of a log: one line that says which technology holds it, and where.

sqlite:///whence.db                      a file, relative to here (four slashes: absolute)
kafka://HOST:PORT/TOPIC?partition=N      a partition of a topic (default 0)
postgresql://USER@HOST:PORT/DATABASE     tables of a database
memory:                                  this process, gone with it
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from domain.errors import InvalidInput

_EXAMPLES = (
    "sqlite:///whence.db, kafka://HOST:PORT/TOPIC?partition=0, postgresql://USER@HOST/DATABASE or memory:"
)


@dataclass(frozen=True, slots=True)
class SqliteAddress:
    """A SQLite file."""

    path: Path

    def __str__(self) -> str:
        return f"sqlite:///{self.path}"


@dataclass(frozen=True, slots=True)
class KafkaAddress:
    """One partition of a topic; `servers` is `host:port[,host:port]`."""

    servers: str
    topic: str
    partition: int

    def __str__(self) -> str:
        return f"kafka://{self.servers}/{self.topic}?partition={self.partition}"


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """A PostgreSQL database; the password is kept out of every text."""

    host: str
    port: int
    database: str
    user: str
    password: str

    def __str__(self) -> str:
        return f"postgresql://{self.user}@{self.host}:{self.port}/{self.database}"

    def __repr__(self) -> str:
        return f"PostgresAddress({str(self)!r})"


@dataclass(frozen=True, slots=True)
class MemoryAddress:
    """Nowhere but here."""

    def __str__(self) -> str:
        return "memory:"


Address = SqliteAddress | KafkaAddress | PostgresAddress | MemoryAddress


def parse_address(url: str) -> Address:
    """Reads a log's address. Raises InvalidInput for one that is not; a password is never repeated."""
    parts = urlsplit(url)
    read = _SCHEMES.get(parts.scheme)
    if read is None:
        raise InvalidInput(f"{parts.scheme or url!r} is not a kind of log; write {_EXAMPLES}")
    try:
        return read(parts)
    except ValueError as fault:
        raise InvalidInput(
            f"this is not the address of a {parts.scheme} log: {fault}; write {_EXAMPLES}"
        ) from None


def _sqlite(parts: SplitResult) -> SqliteAddress:
    if parts.netloc or len(parts.path) < 2:
        raise ValueError("the path of the file comes after three slashes")
    return SqliteAddress(Path(unquote(parts.path[1:])))


def _kafka(parts: SplitResult) -> KafkaAddress:
    topic = parts.path.strip("/")
    if not parts.netloc or not topic or "/" in topic:
        raise ValueError("it names one or more HOST:PORT and a topic")
    if "@" in parts.netloc:
        raise ValueError("logins belong into the settings, where they are kept secret, not into an address")
    options = parse_qs(parts.query, strict_parsing=bool(parts.query))
    unknown = set(options) - {"partition"}
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))} is not an option (only partition is)")
    partition = int(options.get("partition", ["0"])[0])
    if partition < 0:
        raise ValueError(f"partition {partition} is below 0")
    return KafkaAddress(parts.netloc, topic, partition)


def _postgres(parts: SplitResult) -> PostgresAddress:
    database = parts.path.strip("/")
    if not parts.hostname or not database:
        raise ValueError("it names a host and a database")
    return PostgresAddress(
        parts.hostname,
        parts.port or 5432,
        database,
        unquote(parts.username or "postgres"),
        unquote(parts.password or ""),
    )


def _memory(_parts: SplitResult) -> MemoryAddress:
    return MemoryAddress()


_SCHEMES: Mapping[str, Callable[[SplitResult], Address]] = {
    "sqlite": _sqlite,
    "kafka": _kafka,
    "postgresql": _postgres,
    "memory": _memory,
}
