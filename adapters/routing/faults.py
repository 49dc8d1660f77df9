"""Why another engine has not carried out a routed signal; apart from the client, which few runs load."""

from __future__ import annotations

from enum import StrEnum

from domain.errors import WhenceError


class PeerWrong(StrEnum):
    """Why what is at the address of another engine does not serve this one. It lasts until a person corrects it.

    CERTIFICATE: its TLS certificate is not accepted here. CREDENTIAL: it does not accept the token of this engine.
    FORBIDDEN: the token has another role there or is of another source, or the address of this engine is not admitted.
    FOREIGN: the response is not one of an engine to this request, as of another program at the address.
    """

    CERTIFICATE = "CERTIFICATE"
    CREDENTIAL = "CREDENTIAL"
    FORBIDDEN = "FORBIDDEN"
    FOREIGN = "FOREIGN"


class PeerFault(WhenceError):
    """A request to another engine was not carried out; `wrong` is None where a later one may be, as it is."""

    def __init__(self, why: str, *, wrong: PeerWrong | None = None) -> None:
        super().__init__(why)
        self.wrong = wrong


class PeerUnanswered(PeerFault):
    """The other engine has not answered: whether it has the signal is not known, unless nothing was sent.

    `is_unsent` is whether the request cannot have reached it.
    """

    def __init__(self, why: str, *, is_unsent: bool = False, wrong: PeerWrong | None = None) -> None:
        super().__init__(why, wrong=wrong)
        self.is_unsent = is_unsent


class PeerDeclined(PeerFault):
    """The other engine has declined this request and recorded nothing for it."""
