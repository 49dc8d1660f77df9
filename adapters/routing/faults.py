"""Why another engine has not carried out a routed signal; apart from the client, which few runs load."""

from __future__ import annotations

from domain.errors import WhenceError


class PeerUnanswered(WhenceError):
    """The other engine has not answered: whether it has the signal is not known, unless nothing was sent.

    `is_unsent` is whether the request cannot have reached it.
    """

    def __init__(self, why: str, *, is_unsent: bool = False) -> None:
        super().__init__(why)
        self.is_unsent = is_unsent


class PeerDeclined(WhenceError):
    """The other engine has declined this request and recorded nothing for it."""
