"""A log in PostgreSQL: missing rights are reported in one sentence, and a cut append leaves no hole."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import psycopg
import pytest
from psycopg import Cursor
from psycopg.rows import DictRow

from adapters.avro import AvroCodec
from adapters.log.address import PostgresAddress, parse_address
from adapters.log.postgres import open_postgres
from adapters.log.postgres_recorder import PostgresLogRecorder
from domain.errors import Conflict, LogCorrupt, LogUnavailable
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


def test_an_append_after_a_refused_one_leaves_no_hole_in_the_ordinals(postgres_database: str) -> None:
    """The refused append has taken an ordinal, too."""
    address = parse_address(postgres_database)
    assert isinstance(address, PostgresAddress)
    events = Desk().opened().log.envelopes
    with closing(open_postgres(address, AvroCodec())) as log:
        log.append(events[:2])
        with pytest.raises(Conflict):
            log.append(events[:1])
        log.append(events[2:])
        assert [one.ordinal for one in log.read()] == list(range(1, len(events) + 1))


def test_an_append_that_is_repeated_after_a_lost_connection_leaves_no_hole_in_the_ordinals(
    postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first attempt has taken ordinals when its connection ends."""
    address = parse_address(postgres_database)
    assert isinstance(address, PostgresAddress)
    events, fetched = Desk().opened().log.envelopes, PostgresLogRecorder._fetch_ids_after_insert_events
    cut: list[int] = []

    def fetch(
        self: PostgresLogRecorder, c: Cursor[DictRow], *given: Any, **named: Any
    ) -> Sequence[int] | None:
        ordinals = fetched(self, c, *given, **named)
        if not cut:
            cut.append(c.connection.info.backend_pid)
            with psycopg.connect(postgres_database, autocommit=True) as connection:
                connection.execute("SELECT pg_terminate_backend(%s)", cut)
        return ordinals

    with closing(open_postgres(address, AvroCodec())) as log:
        log.append(events[:2])
        monkeypatch.setattr(PostgresLogRecorder, "_fetch_ids_after_insert_events", fetch)
        assert log.append(events[2:]) == len(events)
        assert cut
        assert [one.ordinal for one in log.read()] == list(range(1, len(events) + 1))


_ALTERS = """
CREATE FUNCTION alters() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN new.state = '\\x00'; RETURN new; END $$
"""
_TRIGGER = "CREATE TRIGGER raised BEFORE INSERT ON stored_events FOR EACH ROW EXECUTE FUNCTION alters()"


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (f"{_ALTERS};{_TRIGGER}", "trigger raised"),
        ("CREATE RULE silent AS ON UPDATE TO log_head DO INSTEAD NOTHING", "rule silent"),
        ("CREATE TABLE more () INHERITS (stored_events)", "table more"),
        ("CREATE POLICY hidden ON log_epoch USING (false)", "policy hidden"),
        (
            "ALTER TABLE log_storage RENAME TO s; CREATE VIEW log_storage AS SELECT * FROM s",
            "no table log_storage",
        ),
    ],
    ids=["trigger", "rule", "inheriting table", "policy", "view"],
)
def test_foreign_objects_are_refused_at_the_start_and_under_a_running_engine(
    postgres_database: str, statement: str, named: str
) -> None:
    address = parse_address(postgres_database)
    assert isinstance(address, PostgresAddress)
    events = Desk().opened().log.envelopes
    with closing(open_postgres(address, AvroCodec())) as log:
        log.append(events[:1])
        with psycopg.connect(postgres_database, autocommit=True) as other:
            other.execute(statement.encode())
        with pytest.raises(LogCorrupt, match=f"that this program did not make: .*{named}"):
            log.append(events[1:2])
        assert log.head() == 1
    with pytest.raises(LogCorrupt, match=f"that this program did not make: .*{named}"):
        open_postgres(address, AvroCodec())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log_epoch SET epoch = 0",
        "UPDATE log_epoch SET epoch = 9223372036854775807",
        "DELETE FROM log_epoch",
    ],
)
def test_an_epoch_that_no_owner_left_is_refused(postgres_database: str, statement: str) -> None:
    address = parse_address(postgres_database)
    assert isinstance(address, PostgresAddress)
    with closing(open_postgres(address, AvroCodec())) as log:
        log.append(Desk().opened().log.envelopes[:1])
    with psycopg.connect(postgres_database, autocommit=True) as other:
        other.execute(statement.encode())
    with pytest.raises(LogCorrupt, match="log_epoch was changed from outside"):
        open_postgres(address, AvroCodec())
