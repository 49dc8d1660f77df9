"""Apicurio's schema registry, from the archive that `infra/registry/pom.xml` names, with Confluent's API."""

from __future__ import annotations

import contextlib
import http.client
import urllib.parse
from pathlib import Path
from typing import ClassVar

from infra.servers.java import find_java
from infra.servers.maven import unpacked
from infra.servers.server import NotAnswering, Server

POM = Path(__file__).parents[1] / "registry" / "pom.xml"
_MINIMUM_JAVA = 21
_HEAP = ("-Xmx384m", "-XX:TieredStopAtLevel=1")
_CONFLUENT_API = "/apis/ccompat/v7"
_CONNECTIONS = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}


class SchemaRegistry(Server):
    """A registry that stores its schemas in a database file in its folder, so that schema ids survive a restart."""

    name: ClassVar[str] = "registry"

    @property
    def url(self) -> str:
        """The address for a Confluent client, the value of `SCHEMA_REGISTRY_URL`."""
        return f"http://127.0.0.1:{self.port}{_CONFLUENT_API}"

    def prepare(self) -> None:
        """Fetches the program, which creates its own database."""
        unpacked(POM)

    def command(self) -> tuple[str, ...]:
        """The registry's Java command line; its API and its management page listen on this machine only."""
        settings = {
            "quarkus.http.host": "127.0.0.1",
            "quarkus.http.port": self.port,
            "quarkus.management.host": "127.0.0.1",
            "quarkus.management.port": 0,
            "apicurio.storage.kind": "sql",
            "apicurio.storage.sql.kind": "h2",
            "apicurio.datasource.url": f"jdbc:h2:file:{self.folder / 'schemas'}",
        }
        options = (f"-D{key}={value}" for key, value in settings.items())
        java = str(find_java(_MINIMUM_JAVA).executable)
        return (java, *_HEAP, *options, "-jar", str(unpacked(POM) / "quarkus-run.jar"))

    def probe(self, within: float) -> None:
        """Requests the list of subjects."""
        probe_registry(self.url, within)


def probe_registry(url: str, within: float) -> None:
    """Requests the subjects of any Confluent-compatible registry; raises `NotAnswering`."""
    if urllib.parse.urlsplit(url).scheme not in _CONNECTIONS:
        raise NotAnswering("the given value is not an http or https URL")
    try:
        status = _status_of(urllib.parse.urlsplit(url), within)
    except (OSError, ValueError, http.client.HTTPException) as silence:
        raise NotAnswering(str(silence) or type(silence).__name__) from silence
    # 401 counts as an answer: the registry runs and requires a password, which a probe does not have.
    if status not in (200, 401):
        raise NotAnswering(f"it answers with HTTP {status}")


def _status_of(url: urllib.parse.SplitResult, within: float) -> int:
    connection = _CONNECTIONS[url.scheme](url.hostname or "", url.port, timeout=within)
    with contextlib.closing(connection):
        connection.request("GET", f"{url.path.rstrip('/')}/subjects")
        status: int = connection.getresponse().status
    return status
