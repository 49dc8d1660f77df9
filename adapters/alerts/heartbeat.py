"""A heartbeat: a GET of a URL of a service that raises an alarm when the requests stop."""

from __future__ import annotations

from adapters.alerts.http import status_of
from adapters.alerts.place import Undelivered


class Heartbeat:
    """Requests `url`; the response must have a status below 400. Up to three redirects are followed."""

    def __init__(self, url: str) -> None:
        self._url = url

    def beat(self) -> None:
        """Raises Undelivered where the service does not answer or refuses; the URL, a secret, is not in the error."""
        status = status_of("the heartbeat's URL", "GET", self._url, redirect=True)
        if status >= 400:
            raise Undelivered(f"the heartbeat's URL answered with status {status}")
