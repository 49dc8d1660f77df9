"""A log in PostgreSQL: missing rights are reported in one sentence, and a cut append leaves no hole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from adapters.avro import AvroCodec
from adapters.log.address import PostgresAddress, parse_address
from adapters.log.postgres import open_postgres
from domain.errors import LogUnavailable
from tests.commands.desk import Desk
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


def test_an_append_that_a_kill_cut_off_leaves_no_hole_in_the_ordinals(postgres_database: str) -> None:
    """The cut append has taken an ordinal from the sequence, and its transaction was rolled back."""
    address = parse_address(postgres_database)
    assert isinstance(address, PostgresAddress)
    events = Desk().opened().log.envelopes
    with closing(open_postgres(address, AvroCodec())) as log:
        log.append(events[:3])
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute("SELECT nextval(pg_get_serial_sequence('stored_events', 'notification_id'))")
    with closing(open_postgres(address, AvroCodec())) as log:
        log.append(events[3:])
        assert [one.ordinal for one in log.read()] == list(range(1, len(events) + 1))


def test_the_ordinals_of_an_empty_log_begin_with_one_after_a_cut_append(postgres_database: str) -> None:
    address = parse_address(postgres_database)
    assert isinstance(address, PostgresAddress)
    open_postgres(address, AvroCodec()).close()
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute("SELECT nextval(pg_get_serial_sequence('stored_events', 'notification_id'))")
    with closing(open_postgres(address, AvroCodec())) as log:
        log.append(Desk().opened().log.envelopes[:2])
        assert [one.ordinal for one in log.read()] == [1, 2]
