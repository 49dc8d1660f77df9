"""PostgreSQL is stopped at once and started again under an engine that owns a log in it.

The owner goes on with its lock taken again, or it stops. There are never two writers, and everything that was
acknowledged is in the log.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from time import monotonic

import psutil
import psycopg
import pytest

from adapters.avro import AvroCodec
from adapters.log import postgres, postgres_recorder
from adapters.log.address import PostgresAddress, parse_address
from adapters.log.postgres import open_postgres
from adapters.log.postgres_datastore import CONNECT_SECONDS
from adapters.log.recorder_log import RecorderLog
from domain.errors import LogOwned, LogUnavailable, OwnershipLost
from infra.servers.postgres import PostgresServer
from infra.servers.temporary import temporary_folder
from tests.adapters.log.days import days
from tests.journeys.program import running, wait_for
from tests.journeys.runs import events_at

A = "account-main"


class Restarted:
    """A server with one empty log, which is stopped as by `pg_ctl stop -m immediate`."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        address = parse_address(server.url)
        assert isinstance(address, PostgresAddress)
        self.address = address

    def stop_at_once(self) -> None:
        psutil.Process(self.server.pid).send_signal(signal.SIGQUIT)
        self.server.stop()

    def restart(self) -> None:
        self.stop_at_once()
        self.server.start()

    def own(self) -> RecorderLog:
        return open_postgres(self.address, AvroCodec())

    def versions(self) -> list[int]:
        return [one.envelope.meta.version for one in events_at(self.server.url)]

    def empty(self) -> None:
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    with PostgresServer(temporary_folder("restarted-postgres")) as server:
        yield server


@pytest.fixture
def restarted(own_server: PostgresServer) -> Restarted:
    found = Restarted(own_server)
    found.empty()
    return found


def test_an_owner_takes_its_lock_again_after_a_restart(restarted: Restarted) -> None:
    with closing(restarted.own()) as log:
        log.append(days(A, 1, 2))
        restarted.restart()
        log.check()
        with pytest.raises(LogOwned):
            restarted.own()
        log.append(days(A, 3, 4))
    assert restarted.versions() == [1, 2, 3, 4]


def test_an_owner_without_its_server_is_unavailable_and_has_recorded_nothing(restarted: Restarted) -> None:
    with closing(restarted.own()) as log:
        log.append(days(A, 1, 2))
        restarted.stop_at_once()
        for attempt in (log.check, lambda: log.append(days(A, 3, 3))):
            with pytest.raises(LogUnavailable):
                attempt()
        restarted.server.start()
    assert restarted.versions() == [1, 2]


def test_the_first_engine_writes_nothing_after_a_second_came_first_after_the_restart(
    restarted: Restarted,
) -> None:
    with closing(restarted.own()) as first:
        first.append(days(A, 1, 2))
        restarted.restart()
        with closing(restarted.own()) as second:
            for attempt in (first.check, lambda: first.append(days(A, 3, 3))):
                with pytest.raises(OwnershipLost):
                    attempt()
            second.append(days(A, 3, 4))
        with pytest.raises(OwnershipLost, match=r"\(epoch 2; this engine has 1\)"):
            first.append(days("account-other", 1, 1))
    assert restarted.versions() == [1, 2, 3, 4]


def frozen(server: PostgresServer) -> list[psutil.Process]:
    """Stops the server and all its processes with SIGSTOP; returns them."""
    main = psutil.Process(server.pid)
    processes = [main, *main.children(recursive=True)]
    for process in processes:
        process.suspend()
    return processes


def test_an_append_to_a_frozen_server_ends_in_the_stated_time_and_the_log_goes_on_afterwards(
    restarted: Restarted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server keeps its connections open and does not respond. libpq has no time-out for that."""
    bound = CONNECT_SECONDS + 0.5
    for module in (postgres, postgres_recorder):
        monkeypatch.setattr(module, "APPEND_SECONDS", bound)
    with closing(restarted.own()) as log:
        log.append(days(A, 1, 2))
        processes = frozen(restarted.server)
        try:
            began = monotonic()
            with pytest.raises(LogUnavailable, match="does not answer"):
                log.append(days(A, 3, 3))
            assert monotonic() - began < bound + CONNECT_SECONDS
        finally:
            for process in processes:
                process.resume()
    with closing(restarted.own()) as again:
        again.append(days(A, again.head() + 1, again.head() + 1))
    assert restarted.versions() == list(range(1, len(restarted.versions()) + 1))


def test_nothing_acknowledged_is_lost_by_restarts_between_and_within_appends(restarted: Restarted) -> None:
    """An append that failed may have been recorded; none that was acknowledged is missing or there twice."""
    acknowledged: list[int] = []
    enough = threading.Event()

    def write(log: RecorderLog) -> None:
        with suppress(LogUnavailable):
            for version in count(1):
                log.append(days(A, version, version))
                acknowledged.append(version)
                if enough.is_set():
                    return

    with closing(restarted.own()) as log:
        writer = threading.Thread(target=write, args=(log,))
        writer.start()
        for _restart in range(2):
            wait_for(restarted.server.url, len(acknowledged) + 3 * writer.is_alive())
            restarted.restart()
        enough.set()
        writer.join(60)
        assert not writer.is_alive()
    stored = restarted.versions()
    assert stored in (acknowledged, [*acknowledged, len(acknowledged) + 1])
    assert len(stored) >= 5


def test_a_program_whose_server_restarts_goes_on_or_is_resumed_to_the_end(
    restarted: Restarted, tmp_path: Path
) -> None:
    """The second run recalls the log of the first one, and refuses a log that lacks an event or has one twice."""
    words = ("paper", "--bars", "400", "--log", restarted.server.url)
    with running(tmp_path, *words) as first:
        wait_for(restarted.server.url, 20)
        restarted.restart()
        code, _, error = first.ended()
    assert code in (0, 4), error
    assert "Traceback" not in error
    with running(tmp_path, *words) as again:
        assert again.ended()[0] == 0
    found = events_at(restarted.server.url)
    ordinals = [one.ordinal for one in found]
    # A sequence of PostgreSQL leaves out up to 32 numbers when its server crashes.
    assert ordinals == sorted(set(ordinals))
    versions: dict[str, list[int]] = {}
    for one in found:
        versions.setdefault(one.envelope.meta.stream, []).append(one.envelope.meta.version)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in versions.values())
