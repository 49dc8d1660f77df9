"""The transport of requests under a lease."""

from __future__ import annotations

from typing import Any

from requests.adapters import HTTPAdapter

from adapters.lease import Lease


class LeasedAdapter(HTTPAdapter):
    """Sends a POST under a valid lease only. The check follows the signature, whose time the exchange judges: whatever
    stops this process between the check and the socket, the request is refused where it arrives too late.
    """

    def __init__(self, lease: Lease) -> None:
        super().__init__()
        self._lease = lease

    def send(self, request: Any, *rest: Any, **options: Any) -> Any:
        """See `HTTPAdapter.send`. Raises ExchangeUnreachable where nothing was sent."""
        if request.method == "POST":
            self._lease.check()
        return super().send(request, *rest, **options)
