"""A heartbeat: a GET of a URL of a service that raises an alarm when the requests stop."""

from __future__ import annotations

import urllib3
from urllib3.exceptions import HTTPError

from adapters.alerts.place import Undelivered

_TIMEOUT = urllib3.Timeout(connect=5.0, read=5.0)
_REDIRECTS = urllib3.Retry(connect=0, read=0, status=0, other=0, redirect=3)
"""Up to three redirects are followed; a failure is not retried, because the next request follows soon."""


class Heartbeat:
    """Requests `url`; the response must have a status below 400."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool = urllib3.PoolManager(num_pools=1, timeout=_TIMEOUT)

    def beat(self) -> None:
        """Raises Undelivered where the service does not answer or refuses; the URL, a secret, is not in the error."""
        try:
            response = self._pool.request("GET", self._url, retries=_REDIRECTS)
        except HTTPError as fault:
            raise Undelivered(f"the heartbeat's URL did not answer: {type(fault).__name__}") from None
        if response.status >= 400:
            raise Undelivered(f"the heartbeat's URL answered with status {response.status}")
