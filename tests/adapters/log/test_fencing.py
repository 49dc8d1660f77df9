"""Two engines on one PostgreSQL log: the connection of the first one's lock is ended, and a second one comes."""

from __future__ import annotations

from contextlib import closing
from typing import LiteralString

import psycopg
import pytest

from adapters.avro import AvroCodec
from adapters.log.address import PostgresAddress, parse_address
from adapters.log.postgres import open_postgres, read_postgres
from adapters.log.recorder_log import RecorderLog
from domain.errors import LogOwned, OwnershipLost
from tests.adapters.log.days import days

A = "account-main"
LOCKS: LiteralString = """
    SELECT pid FROM pg_locks WHERE locktype = 'advisory'
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
EVERYBODY: LiteralString = """
    SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class Contested:
    """A database whose administrator ends connections."""

    def __init__(self, url: str) -> None:
        address = parse_address(url)
        assert isinstance(address, PostgresAddress)
        self._url, self._address = url, address

    def own(self) -> RecorderLog:
        return open_postgres(self._address, AvroCodec())

    def end(self, connections: LiteralString) -> None:
        """Ends these connections, and returns when they have ended."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            ended = connection.execute(
                f"SELECT pg_terminate_backend(pid, 5000) FROM ({connections}) AS found"  # noqa: S608  (ours)
            ).fetchall()
        assert ended
        assert all(one[0] for one in ended)

    def events(self) -> int:
        with closing(read_postgres(self._address, AvroCodec())) as log:
            return len(list(log.read()))


@pytest.fixture
def contested(postgres_database: str) -> Contested:
    return Contested(postgres_database)


@pytest.mark.parametrize("ended", [LOCKS, EVERYBODY], ids=["the lock's connection", "every connection"])
def test_an_owner_whose_connections_were_ended_takes_the_lock_again(
    contested: Contested, ended: LiteralString
) -> None:
    with closing(contested.own()) as log:
        log.append(days(A, 1, 2))
        contested.end(ended)
        log.append(days(A, 3, 4))
        with pytest.raises(LogOwned):
            contested.own()
        assert log.head() == 4


@pytest.mark.parametrize("ended", [LOCKS, EVERYBODY], ids=["the lock's connection", "every connection"])
def test_after_a_second_engine_has_come_nothing_of_the_first_is_stored(
    contested: Contested, ended: LiteralString
) -> None:
    with closing(contested.own()) as first:
        first.append(days(A, 1, 2))
        contested.end(ended)
        with closing(contested.own()) as second:
            for _ in range(2):
                with pytest.raises(OwnershipLost, match=r"now .* is owned by process"):
                    first.append(days(A, 3, 3))
            with pytest.raises(OwnershipLost):
                first.check()
            assert second.append(days(A, 3, 4)) == 4
    assert contested.events() == 4


def test_a_second_engine_that_has_come_and_gone_has_fenced_the_first_off(contested: Contested) -> None:
    with closing(contested.own()) as first:
        first.append(days(A, 1, 2))
        contested.end(LOCKS)
        contested.own().close()
        with pytest.raises(OwnershipLost, match=r"has opened .* since, .* \(epoch 2; this engine has 1\)"):
            first.append(days(A, 3, 3))
    assert contested.events() == 2


def test_an_idle_owner_whose_lock_was_ended_takes_it_again_at_its_check(contested: Contested) -> None:
    with closing(contested.own()) as log:
        contested.end(LOCKS)
        log.check()
        with pytest.raises(LogOwned):
            contested.own()
