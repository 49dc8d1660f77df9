"""Short HTTP requests: bounded in time and in what is read of the response."""

from __future__ import annotations

from collections.abc import Mapping

import urllib3
from urllib3.exceptions import HTTPError

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
            raise Undelivered(f"{name} did not answer: {type(fault).__name__}") from None
        response.close()
        return response.status
