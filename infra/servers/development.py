"""The three servers that a developer leaves running. They outlive the command, and are found again by their folders."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock

from infra.servers.folders import dev_folder
from infra.servers.kafka import KafkaBroker, probe_kafka
from infra.servers.postgres import PostgresServer, probe_postgres
from infra.servers.registry import SchemaRegistry, probe_registry
from infra.servers.server import NotAnswering, Server
from infra.servers.system_parts import JAVA, MAVEN, POSTGRESQL, Part, check_present

_PROBE_SECONDS = 5.0

State = Literal["answers", "silent", "stopped"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of server: the variable with an external server's URL, the probe, and the parts of a local server."""

    variable: str
    make: Callable[[Path], Server]
    probe: Callable[[str, float], None]
    parts: tuple[Part, ...]

    @property
    def elsewhere(self) -> str | None:
        """The URL of an external server, from the environment variable; None where a local server is to be started."""
        return os.environ.get(self.variable) or None


@dataclass(frozen=True, slots=True)
class Health:
    """The state of one server at the last probe. `url` is None where the URL is unknown."""

    name: str
    variable: str
    url: str | None
    state: State
    given: bool
    pid: int | None = None
    log: Path | None = None
    complaint: str | None = None


KINDS = {
    "kafka": Kind(
        "KAFKA_BOOTSTRAP_SERVERS",
        lambda folder: KafkaBroker(folder, detached=True),
        probe_kafka,
        (MAVEN, JAVA),
    ),
    "registry": Kind(
        "SCHEMA_REGISTRY_URL",
        lambda folder: SchemaRegistry(folder, detached=True),
        probe_registry,
        (MAVEN, JAVA),
    ),
    "postgres": Kind(
        "DATABASE_URL", lambda folder: PostgresServer(folder, detached=True), probe_postgres, (POSTGRESQL,)
    ),
}


def up(say: Callable[[str], object]) -> dict[str, str]:
    """Starts the servers that do not run and have no URL in the environment; returns the URLs by their variables.

    Raises `MissingParts` before any server starts, and `ServerFailed` where a server does not start; servers that were
    started before keep running.
    """
    ours = {name: kind for name, kind in KINDS.items() if not kind.elsewhere}
    with _alone():
        stopped = [kind for name, kind in ours.items() if not _server(name).running]
        check_present(dict.fromkeys(part for kind in stopped for part in kind.parts))
        return {kind.variable: kind.elsewhere or _started(name, say) for name, kind in KINDS.items()}


def down(say: Callable[[str], object], *, wipe: bool = False) -> None:
    """Stops the running local servers; with `wipe` also deletes their data, logs and ports."""
    with _alone():
        for name in reversed(KINDS):
            server = _server(name)
            if server.running:
                say(f"Stopping {name} ...")
                server.stop()
            if wipe and server.folder.exists():
                shutil.rmtree(server.folder)


def status() -> Iterator[Health]:
    """Probes every server; nothing is started or changed."""
    for name, kind in KINDS.items():
        yield _health_elsewhere(name, kind, kind.elsewhere) if kind.elsewhere else _health(name, kind)


def _alone() -> FileLock:
    """The lock that lets one command run at a time: two concurrent `up` would start every server twice."""
    return FileLock(dev_folder() / "lock")


def _server(name: str) -> Server:
    return KINDS[name].make(dev_folder() / name)


def _started(name: str, say: Callable[[str], object]) -> str:
    server = _server(name)
    if not server.running:
        say(f"Starting {name} ...")
    return server.start().url


def _health(name: str, kind: Kind) -> Health:
    server = _server(name)
    url = server.url if server.prepared else None
    if url is None or not server.running:
        return Health(name, kind.variable, url, "stopped", given=False)
    state, complaint = _probed(kind, url)
    return Health(
        name, kind.variable, url, state, given=False, pid=server.pid, log=server.log, complaint=complaint
    )


def _health_elsewhere(name: str, kind: Kind, url: str) -> Health:
    state, complaint = _probed(kind, url)
    return Health(name, kind.variable, url, state, given=True, complaint=complaint)


def _probed(kind: Kind, url: str) -> tuple[State, str | None]:
    try:
        kind.probe(url, _PROBE_SECONDS)
    except NotAnswering as silence:
        return "silent", str(silence)
    return "answers", None
