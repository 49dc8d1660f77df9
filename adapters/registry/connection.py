"""The connection to a registry: where it is, and what its silence and its errors mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit

from domain.errors import InvalidSettings, LogUnavailable, MissingParts, SchemaRefused

if TYPE_CHECKING:
    from confluent_kafka.schema_registry import SchemaRegistryClient

T = TypeVar("T")
Property = str | int | float | bool
_NOT_FOUND = 404
_CREDENTIALS_REFUSED = frozenset({401, 403})


class NotRegistered(Exception):
    """The registry answers that it does not have what it was asked for."""


class Connection:
    """Asks a registry through Confluent's client; `address` is its URL without the credentials it may carry."""

    def __init__(self, properties: Mapping[str, Property]) -> None:
        """`properties` are the client's own (`url`, `basic.auth.user.info`, `ssl.ca.location` …).

        Raises InvalidSettings where the client does not take them, MissingParts where it is not installed.
        """
        urls, user = _apart(str(properties.get("url", "")))
        self.address = ",".join(urls)
        self._client = _client({**properties, "url": self.address, **user})

    def ask(self, question: Callable[[SchemaRegistryClient], T]) -> T:
        """The registry's answer; raises NotRegistered, SchemaRefused, or LogUnavailable where none comes."""
        import httpx2
        from confluent_kafka.schema_registry.error import SchemaRegistryError

        try:
            return question(self._client)
        except SchemaRegistryError as error:
            raise self._translated(error.http_status_code, str(error.error_message)) from None
        except (httpx2.HTTPError, OSError) as silence:
            raise LogUnavailable(
                f"the schema registry at {self.address} does not answer ({type(silence).__name__}: {silence})"
            ) from None

    def close(self) -> None:
        """Closes what is open; idempotent."""
        self._client.close()

    def _translated(self, status: int, words: str) -> Exception:
        if status == _NOT_FOUND:
            return NotRegistered(words)
        if status in _CREDENTIALS_REFUSED:
            return LogUnavailable(
                f"the schema registry at {self.address} refuses the credentials it was given (HTTP {status})"
            )
        if status >= 500:
            return LogUnavailable(f"the schema registry at {self.address} fails with HTTP {status}: {words}")
        return SchemaRefused(f"the schema registry at {self.address} says no: {words}")


def _client(properties: dict[str, Any]) -> SchemaRegistryClient:
    try:
        from confluent_kafka.schema_registry import SchemaRegistryClient
    except ImportError as absent:
        raise MissingParts(
            f"a schema registry needs {absent.name}: pip install 'whence[registry]'"
        ) from absent
    try:
        return SchemaRegistryClient(properties)
    except (ValueError, TypeError) as fault:
        raise InvalidSettings(f"registry: {fault}") from None


def _apart(urls: str) -> tuple[list[str], dict[str, str]]:
    """The URLs without credentials, and these as the client's property: in URLs they would reach its logs."""
    parts = [urlsplit(url.strip()) for url in urls.split(",")]
    if not all(part.scheme in {"http", "https"} and part.hostname for part in parts):
        raise InvalidSettings(
            "registry: url should be http(s)://HOST:PORT/PATH, or several of them with commas"
        )
    bare = [urlunsplit(part._replace(netloc=part.netloc.rpartition("@")[2])) for part in parts]
    first = parts[0]
    if first.username is None:
        return bare, {}
    return bare, {"basic.auth.user.info": f"{unquote(first.username)}:{unquote(first.password or '')}"}
