"""Short HTTP requests: bounded in time and in what is read of the response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)

from adapters.alerts.place import Undelivered

_TIMEOUT = urllib3.Timeout(total=10.0)
_REDIRECTS = urllib3.Retry(connect=0, read=0, status=0, other=0, redirect=3)
"""Up to three redirects; a failure is not retried here, because the next attempt is scheduled elsewhere."""


def status_of(
    name: str,
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    redirect: bool = False,
) -> int:
    """The status of the response to one request on a connection of its own. The response's body is not read.

    Raises Undelivered where there is none. The URL, which may be a secret, is not in the error.
    """
    with urllib3.PoolManager(num_pools=1, timeout=_TIMEOUT) as pool:
        try:
            response = pool.request(
                method,
                url,
                body=body,
                headers={"connection": "close", **(headers or {})},
                preload_content=False,
                retries=_REDIRECTS if redirect else False,
                redirect=redirect,
            )
        except HTTPError as fault:
            raise Undelivered(f"{name} did not answer: {_reason(fault)}") from None
        response.close()
        return response.status


_REASONS: Sequence[tuple[type[Exception], str]] = (
    (NameResolutionError, "its host's name is not known"),
    (NewConnectionError, "the connection was refused, or its host cannot be reached"),
    (ConnectTimeoutError, "there was no connection within 10 s"),
    (ReadTimeoutError, "there was no response within 10 s"),
    (SSLError, "its certificate was not accepted"),
    (ProtocolError, "the connection ended before a response"),
    (LocationValueError, "its address is invalid"),
)
"""The first matching row gives the sentence. No sentence has the URL."""


def _reason(fault: HTTPError) -> str:
    found = fault.reason if isinstance(fault, MaxRetryError) and fault.reason is not None else fault
    return next((why for kind, why in _REASONS if isinstance(found, kind)), type(found).__name__)
