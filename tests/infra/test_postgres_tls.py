"""A store and a log on a PostgreSQL that speaks TLS: `verify-full` verifies the authority and the name of the host."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from domain.errors import LogUnavailable, StoreUnavailable, WhenceError
from infra.config import WhenceSettings
from infra.logs import open_owned
from infra.servers.postgres import PostgresServer
from infra.servers.temporary import temporary_folder
from infra.store import migrate, open_store
from tests.certificates import Certificate, certificate

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def issued() -> Certificate:
    return certificate(temporary_folder("postgres-tls") / "server", "127.0.0.1")


@pytest.fixture(scope="module")
def server(issued: Certificate) -> Iterator[PostgresServer]:
    """A server with a certificate for 127.0.0.1."""
    settings = {"ssl": "on", "ssl_cert_file": str(issued.chain), "ssl_key_file": str(issued.key)}
    server = PostgresServer(temporary_folder("postgres-tls"), brief=True, settings=settings)
    if user := server.user():
        shutil.chown(issued.key, user)
    with server:
        yield server


def _verified_by(monkeypatch: pytest.MonkeyPatch, authority: Path) -> None:
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    monkeypatch.setenv("PGSSLROOTCERT", str(authority))


def test_a_store_and_a_log_are_opened_over_tls_where_authority_and_name_are_right(
    server: PostgresServer, issued: Certificate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _verified_by(monkeypatch, issued.authority)
    store = open_store(WhenceSettings(store=server.url))
    migrate(store)
    with store.connect() as connection:
        used = text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        assert connection.execute(used).scalar() is True
    store.dispose()
    with closing(open_owned(WhenceSettings(log=server.url, keys=tmp_path / "keys"))) as log:
        assert log.head() == 0


@pytest.mark.parametrize("fault", ["another authority", "another name"])
def test_a_server_that_cannot_prove_who_it_is_gets_no_password(
    server: PostgresServer, issued: Certificate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: str
) -> None:
    url, authority = server.url, issued.authority
    if fault == "another name":
        url = url.replace("127.0.0.1", "localhost")
    else:
        authority = certificate(tmp_path / "other", "127.0.0.1").authority
    _verified_by(monkeypatch, authority)
    password = url.partition("whence:")[2].partition("@")[0]
    settings = WhenceSettings(log=url, store=url, keys=tmp_path / "keys")
    with pytest.raises(StoreUnavailable) as of_store:
        migrate(open_store(settings))
    with pytest.raises(LogUnavailable) as of_log:
        open_owned(settings)
    faults: list[WhenceError] = [of_store.value, of_log.value]
    assert [one for one in faults if password in str(one)] == []
