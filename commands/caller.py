"""The caller of a request, and the check whether its role permits the request."""

from __future__ import annotations

from dataclasses import dataclass

from commands.roles import Role
from domain.errors import NotAllowed, Unauthenticated


@dataclass(frozen=True, slots=True)
class Caller:
    """`name` is recorded as the actor of a request. A caller without `token_id` is not authenticated."""

    name: str
    role: Role
    token_id: str | None

    @property
    def is_anonymous(self) -> bool:
        """Whether the caller has no token."""
        return self.token_id is None

    def check(self, least: Role) -> None:
        """Raises Unauthenticated if the caller needs a token and has none, NotAllowed if its role is too low."""
        if self.role >= least and not (self.is_anonymous and least > Role.VIEWER):
            return
        if self.is_anonymous:
            raise Unauthenticated(
                f"this needs a token with the role {least.word}; without one you may only read"
            )
        raise NotAllowed(f"this needs the role {least.word}; your token has the role {self.role.word}")


ANONYMOUS = Caller("anonymous", Role.VIEWER, None)
"""The caller of a request without a token, from this machine; it may only read."""
