"""The address of a log: a URL that names its technology and its place.

sqlite:///whence.db                      a file, relative to the working folder (four slashes: absolute)
kafka://HOST:PORT/TOPIC?partition=N      a partition of a topic (default 0)
postgresql://USER@HOST:PORT/DATABASE     tables of a database
memory:                                  the memory of this process
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from domain.errors import InvalidInput

_POSTGRES_PORT = 5432
_NAME_BYTES = 235
"""File systems take 255 bytes; the names of the files beside a log and its store are up to 20 longer."""
_PATH_BYTES = 3_500
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,200}")
_EXAMPLES = (
    "sqlite:///whence.db, kafka://HOST:PORT/TOPIC?partition=0, postgresql://USER@HOST/DATABASE or memory:"
)
_STORE_EXAMPLES = "sqlite:///whence.read.db or postgresql://USER@HOST/DATABASE"


@dataclass(frozen=True, slots=True)
class SqliteAddress:
    """A SQLite file."""

    path: Path

    def __str__(self) -> str:
        return f"sqlite:///{quote(str(self.path))}"


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
    """A PostgreSQL database; `str` and `repr` leave the password out."""

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
    """The memory of this process."""

    def __str__(self) -> str:
        return "memory:"


Address = SqliteAddress | KafkaAddress | PostgresAddress | MemoryAddress
A = TypeVar("A", bound=Address)


def parse_address(url: str) -> Address:
    """Reads a log's address. Raises InvalidInput where it is invalid; the message never repeats a password."""
    return _parsed(url, "log", _EXAMPLES, _SCHEMES)


def parse_store_address(url: str) -> SqliteAddress | PostgresAddress:
    """Reads the address of a store of read models. Raises what `parse_address` raises."""
    return _parsed(url, "store", _STORE_EXAMPLES, _STORE_SCHEMES)


def _parsed(url: str, noun: str, examples: str, schemes: Mapping[str, Callable[[SplitResult], A]]) -> A:
    found = _SCHEME.match(url)
    if found is None:
        raise InvalidInput(f"this is not the address of a {noun}; write {examples}")
    scheme = found[1]
    read = schemes.get(scheme)
    if read is None:
        raise InvalidInput(f"{scheme!r} is not a kind of {noun}; write {examples}")
    try:
        return read(_split(url))
    except _Invalid as fault:
        raise InvalidInput(
            f"this is not the address of a {scheme} {noun}: {fault}; write {examples}"
        ) from None


class _Invalid(Exception):
    """The fault of an address, in a message of this module, because the standard library's may repeat a password."""


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise _Invalid("its host is invalid") from None


def _sqlite(parts: SplitResult) -> SqliteAddress:
    if parts.netloc or len(parts.path) < 2:
        raise _Invalid("the path of the file comes after three slashes")
    if parts.query or parts.fragment:
        raise _Invalid("a file has no options; write %3F for ? and %23 for # in its name")
    path = unquote(parts.path[1:])
    if "\0" in path:
        raise _Invalid("the name of a file has no NUL character (%00)")
    if len(path.encode()) > _PATH_BYTES or max(len(one.encode()) for one in path.split("/")) > _NAME_BYTES:
        raise _Invalid(f"the name of a file has at most {_NAME_BYTES} bytes, its whole path {_PATH_BYTES}")
    return SqliteAddress(Path(path))


def _kafka(parts: SplitResult) -> KafkaAddress:
    topic = parts.path.strip("/")
    if "@" in parts.netloc:
        raise _Invalid("logins belong in the settings, where they are kept secret, not in an address")
    if not parts.netloc or not _TOPIC.fullmatch(topic):
        raise _Invalid("it must name one or more HOST:PORT and a topic of letters, digits, dots, _ and -")
    return KafkaAddress(parts.netloc, topic, _partition(parts))


def _partition(parts: SplitResult) -> int:
    options = parse_qs(parts.query, keep_blank_values=True)
    unknown = set(options) - {"partition"}
    if unknown or parts.fragment:
        raise _Invalid("partition is its only option")
    numbers = options.get("partition", ["0"])
    if len(numbers) > 1 or not re.fullmatch(r"[0-9]{1,9}", numbers[0]):
        raise _Invalid("a partition is one whole number, 0 or above")
    return int(numbers[0])


def _postgres(parts: SplitResult) -> PostgresAddress:
    port, database = _port(parts), unquote(parts.path.strip("/"))
    if not parts.hostname or not database or "/" in database:
        raise _Invalid("it must name a host and a database")
    if parts.query or parts.fragment:
        raise _Invalid("it takes no options; PGSSLMODE and PGSSLROOTCERT in the environment require TLS")
    return PostgresAddress(
        parts.hostname,
        port,
        database,
        unquote(parts.username or "postgres"),
        unquote(parts.password or ""),
    )


def _port(parts: SplitResult) -> int:
    try:
        return parts.port or _POSTGRES_PORT
    except ValueError:
        raise _Invalid(
            "its port is not a number (in a password, write %2F for /, %3A for : and %40 for @)"
        ) from None


def _memory(parts: SplitResult) -> MemoryAddress:
    if parts.netloc or parts.path or parts.query or parts.fragment:
        raise _Invalid("a log in memory has no name")
    return MemoryAddress()


_SCHEMES: Mapping[str, Callable[[SplitResult], Address]] = {
    "sqlite": _sqlite,
    "kafka": _kafka,
    "postgresql": _postgres,
    "memory": _memory,
}
_STORE_SCHEMES: Mapping[str, Callable[[SplitResult], SqliteAddress | PostgresAddress]] = {
    "sqlite": _sqlite,
    "postgresql": _postgres,
}
