"""A database whose user may not create tables: reported in one sentence, and the lock is released."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from adapters.avro import AvroCodec
from adapters.log.address import PostgresAddress, parse_address
from adapters.log.postgres import open_postgres
from domain.errors import LogUnavailable
from tests.replacing import replace

GUEST = "whence_guest"


@pytest.fixture
def guest(postgres_database: str) -> Iterator[PostgresAddress]:
    """The database's address for a user who may connect, but not create tables."""
    address = parse_address(postgres_database)
    assert isinstance(address, PostgresAddress)
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(f"DROP ROLE IF EXISTS {GUEST}")
        connection.execute(f"CREATE ROLE {GUEST} LOGIN PASSWORD '{GUEST}'")
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        yield replace(address, user=GUEST, password=GUEST)
        connection.execute(f"DROP ROLE {GUEST}")


def test_a_user_without_rights_is_refused_and_the_log_is_released(
    guest: PostgresAddress, postgres_database: str
) -> None:
    with pytest.raises(LogUnavailable, match=r"cannot hold a log for this user: permission denied"):
        open_postgres(guest, AvroCodec())
    owner = parse_address(postgres_database)
    assert isinstance(owner, PostgresAddress)
    open_postgres(owner, AvroCodec()).close()
