"""What happened to a request over HTTP without a usable response, in plain words and without its address's query."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from requests.exceptions import ConnectionError as Disconnected
from requests.exceptions import ConnectTimeout, ProxyError, ReadTimeout, RequestException, SSLError
from urllib3.exceptions import MaxRetryError, NameResolutionError

from adapters.never_sent import is_never_sent

_SENTENCES: Mapping[type[RequestException], str] = {
    ConnectTimeout: "no connection was made in time; check the network",
    ReadTimeout: "no response arrived in time",
    SSLError: "no trusted TLS connection was made; check this machine's certificates and clock",
    ProxyError: "the proxy gave no connection; check HTTPS_PROXY",
}
"""The first class that fits counts; `requests` derives them from its ConnectionError."""


def connection_fault(error: BaseException | None) -> str:
    """A sentence with host and port; empty for an error that is none of a connection."""
    if not isinstance(error, Disconnected | ReadTimeout):
        return ""
    found = next((words for kind, words in _SENTENCES.items() if isinstance(error, kind)), "")
    return f"{_host(error)}: {found or _disconnected(error)}"


def _disconnected(error: RequestException) -> str:
    cause = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError) and isinstance(cause.reason, NameResolutionError):
        return "no such host is known; check the address and the network"
    if is_never_sent(error):
        return "the connection is refused; check the address, and whether a server runs there"
    return "the connection ended before a response arrived"


def _host(error: RequestException) -> str:
    url = None if error.request is None else error.request.url
    return urlsplit(url).netloc if isinstance(url, str) else "the exchange"
