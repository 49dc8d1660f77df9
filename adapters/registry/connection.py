"""The connection to a registry: its address, and the translation of its errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit

from adapters.extras import install_line
from domain.errors import InvalidSettings, LogUnavailable, MissingParts, SchemaRefused

if TYPE_CHECKING:
    from confluent_kafka.schema_registry import SchemaRegistryClient

T = TypeVar("T")
Property = str | int | float | bool
_NOT_FOUND = 404
_CREDENTIALS_REFUSED = frozenset({401, 403})


class NotRegistered(Exception):
    """The registry does not have the requested schema or setting."""


class Connection:
    """Sends requests to a registry through Confluent's client. `address` is the registry's URL without credentials."""

    def __init__(self, properties: Mapping[str, Property]) -> None:
        """`properties` are those of Confluent's client (`url`, `basic.auth.user.info`, `ssl.ca.location` …).

        Raises InvalidSettings where the client refuses them, and MissingParts where the client is not installed.
        """
        urls, user = _apart(str(properties.get("url", "")))
        self.address = ",".join(urls)
        self._client = _client({**properties, "url": self.address, **user})

    def request(self, call: Callable[[SchemaRegistryClient], T]) -> T:
        """The registry's response. Raises NotRegistered, SchemaRefused, and LogUnavailable where none arrives."""
        import httpx2
        from confluent_kafka.schema_registry.error import SchemaRegistryError

        try:
            return call(self._client)
        except SchemaRegistryError as error:
            raise self._translated(error.http_status_code, str(error.error_message)) from None
        except (httpx2.HTTPError, OSError) as silence:
            raise LogUnavailable(
                f"the schema registry at {self.address} does not answer ({type(silence).__name__}: {silence})"
            ) from None

    def close(self) -> None:
        """Closes the connections; idempotent."""
        self._client.close()

    def _translated(self, status: int, reason: str) -> Exception:
        if status == _NOT_FOUND:
            return NotRegistered(reason)
        if status in _CREDENTIALS_REFUSED:
            return LogUnavailable(
                f"the schema registry at {self.address} refuses the given credentials (HTTP {status})"
            )
        if status >= 500:
            return LogUnavailable(f"the schema registry at {self.address} fails with HTTP {status}: {reason}")
        return SchemaRefused(f"the schema registry at {self.address} refuses it: {reason}")


def _client(properties: dict[str, Any]) -> SchemaRegistryClient:
    try:
        from confluent_kafka.schema_registry import SchemaRegistryClient
    except ImportError as absent:
        raise MissingParts(f"a schema registry needs {absent.name}: {install_line('registry')}") from absent
    try:
        return SchemaRegistryClient(properties)
    except (ValueError, TypeError) as fault:
        raise InvalidSettings(f"registry: {fault}") from None


def _apart(urls: str) -> tuple[list[str], dict[str, str]]:
    """The URLs without credentials, and the credentials as a property, because the client logs its URLs."""
    parts = [urlsplit(url.strip()) for url in urls.split(",")]
    if not all(part.scheme in {"http", "https"} and part.hostname for part in parts):
        raise InvalidSettings(
            "registry: url must be http(s)://HOST:PORT/PATH, or several of them separated by commas"
        )
    bare = [urlunsplit(part._replace(netloc=part.netloc.rpartition("@")[2])) for part in parts]
    first = parts[0]
    if first.username is None:
        return bare, {}
    return bare, {"basic.auth.user.info": f"{unquote(first.username)}:{unquote(first.password or '')}"}
